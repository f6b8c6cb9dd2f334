# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A registry's node that reconciles by hand: it states whatever books it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from broker.known_regimes import REGIMES
from broker.regime.regimes import Regimes
from itmo import books
from itmo.books import Entry, Part
from itmo.core.v1 import decision_pb2
from itmo.core.v1 import reconciliation_pb2 as pb
from itmo.message.v1 import ranges_pb2
from itmo.payloads import PayloadKind
from itmo.timestamps import moment
from registry_node.commands.comparing import Compared
from registry_node.commands.stating import begin, stated
from scenarios.network import PlayedNetwork
from tests.kit.clearing import ClearingWorld, Sender, receipt_of

_HELD = (
    "SELECT u.registry, u.first, u.last, u.account_id, a.account_type, a.rulebook, u.state,"
    " b.attributes FROM unit_block u JOIN account a USING (account_id) JOIN issued_block b"
    " ON b.registry = u.registry AND b.first = u.issued_first WHERE a.registry = ?"
)
_MOST_ROUNDS = 100
QUARANTINED = "SELECT registry, first, last, kind, books_of FROM quarantine WHERE lifted = 0"


def recorded(world: ClearingWorld, registry: str, regimes: Regimes = REGIMES) -> list[Entry]:
    """What a node of the registry that has missed nothing has in its books."""
    found = []
    for origin, first, last, account, kind, rulebook, state, issued in world.connection.execute(
        _HELD, (registry,)
    ):
        regime = regimes[rulebook]
        said = regime.recorded(issued, state, origin)
        part = Part(account, kind, rulebook, regime.totals_class(issued, state, origin))
        content = books.content_of(
            said.attributes.SerializeToString(deterministic=True), said.marks
        )
        found.append(Entry(origin, first, last, part, content))
    return found


@dataclass
class Reconciled:
    """How a reconciliation went: the answers, in order, and what was stated."""

    answers: list[pb.ReconciliationAnswer] = field(default_factory=list)
    said: list[pb.ReconciliationStatement] = field(default_factory=list)

    @property
    def stages(self) -> list[str]:
        return [pb.ReconciliationStage.Name(each.stage).split("_")[-1] for each in self.said]

    @property
    def outcome(self) -> str:
        return pb.ReconciliationOutcome.Name(self.answers[-1].outcome).split("_")[-1]

    @property
    def differences(self) -> list[tuple[str, int, int, str]]:
        return [
            (
                each.units.registry,
                each.units.first,
                each.units.last,
                pb.DifferenceKind.Name(each.kind).split("_")[-1],
            )
            for answer in self.answers
            for each in answer.differences
        ]

    @property
    def case_id(self) -> str:
        return self.answers[-1].case_id


async def state(sender: Sender, written: pb.ReconciliationStatement) -> decision_pb2.Receipt:
    return receipt_of(await sender.say(PayloadKind.RECONCILIATION_STATEMENT, written))


def place_of(receipt: decision_pb2.Receipt) -> tuple[int, datetime]:
    """The snapshot that a receipt is."""
    return receipt.log_index, moment(receipt.header.creation_time, "creation_time")


def no_trail(units: Sequence[ranges_pb2.UnitRange]) -> Iterable[pb.TrailEntry]:
    return ()


async def reconcile(
    sender: Sender,
    registry: str,
    held: Callable[[], Iterable[Entry]],
    trail: Callable[[Sequence[ranges_pb2.UnitRange]], Iterable[pb.TrailEntry]] = no_trail,
) -> Reconciled:
    """Reconciles to the end; `held` says what the books are whenever they are stated."""
    went = Reconciled()
    wanted: pb.ReconciliationStatement | None = begin(registry)
    while wanted is not None:
        receipt = await state(sender, wanted)
        assert receipt.effective, receipt.refusal
        went.said.append(wanted)
        went.answers.append(receipt.reconciliation)
        wanted = stated(receipt.reconciliation, registry, place_of(receipt), held(), trail)
    return went


async def resolve(
    world: ClearingWorld, case_id: str, right: str = "RECORD", reason: str = "put right"
) -> decision_pb2.Receipt:
    written = pb.CaseResolution(
        case_id=case_id, right=pb.CaseRight.Value(f"CASE_RIGHT_{right}"), reason=reason
    )
    return await world.operator.state(PayloadKind.CASE_RESOLUTION, written)


def quarantined(world: ClearingWorld) -> list[tuple[object, ...]]:
    return sorted(world.connection.execute(QUARANTINED).fetchall())


def case_row(world: ClearingWorld, case_id: str) -> dict[str, object]:
    found = world.connection.execute(
        "SELECT registry, owner, found_right FROM reconciliation_case WHERE case_id = ?",
        (case_id,),
    ).fetchone()
    return dict(zip(("registry", "owner", "right"), found, strict=True))


def events(world: ClearingWorld, case_id: str) -> list[str]:
    rows = world.connection.execute(
        "SELECT event FROM case_event WHERE case_id = ? ORDER BY log_index", (case_id,)
    )
    return [row[0] for row in rows]


async def reconcile_a_little(world: ClearingWorld) -> None:
    """A case that is resolved, one that is open, and a reconciliation that goes on."""
    tha = world.senders["tha"]
    went = await reconcile(tha, "THA01", lambda: recorded(world, "THA01")[1:])
    await resolve(world, went.case_id)
    await reconcile(tha, "THA01", lambda: recorded(world, "THA01")[:-1])
    await state(tha, begin("THA01"))


async def reconcile_all(network: PlayedNetwork) -> dict[str, Compared]:
    """Lets every node compare its books unasked; returns how they stand, by registry."""
    await network.settle()  # so that each has met the broker
    for _ in range(_MOST_ROUNDS):
        nodes = [
            each.node for each in network.members.values() if each.node and each.link.connected
        ]
        if not sum([await node.pump_reconciliations() for node in nodes]):
            return {each.registry: each for node in nodes for each in await node.compared()}
        await network.settle()
    raise AssertionError("books are compared without end")


def differing(each: Compared) -> list[pb.Difference]:
    """Everything in which the books of a registry differ, by its node's open cases."""
    return [
        told
        for case in each.cases
        for told in pb.ReconciliationAnswer.FromString(case.differences).differences
    ]
