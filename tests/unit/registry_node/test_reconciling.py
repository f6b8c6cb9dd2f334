# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node compares its books with the broker's record unasked, whatever was done to its store."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from broker.verifying.verify import verify
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.core.v1 import reconciliation_pb2 as pb
from itmo.identifiers import AccountId, NodeId
from itmo.payloads import PayloadKind
from itmo.runtime.db.passing import Passing
from registry_node.commands.comparing import Compared
from registry_node.differing import difference_text
from registry_node.service import RegistryNode
from registry_node.store.rows import ReconciliationOutcome
from scenarios.acting import Stage
from scenarios.network import PlayedNetwork
from scenarios.reading import read
from scenarios.world import set_up
from tests.kit.many import many
from tests.kit.reconciliation import differing, reconcile_all

STORY = (
    Path("tests/scenarios/contract_example.yaml")
    .read_text(encoding="utf-8")
    .replace("blocks: [{first: 1, last: 1916", "blocks: [{first: 1, last: 5000")
    .replace("che-ndc:     {", "tha-second:  {registry: THA01, type: 100}\n  che-ndc:     {")
)
TRADED = 4
"""Steps until Switzerland has 1 to 1916."""
AGREED, DIFFERS = ReconciliationOutcome.AGREED, ReconciliationOutcome.DIFFERS


class Traded:
    """The story up to there: Thailand has 1917 to 5000."""

    def __init__(self, network: PlayedNetwork, accounts: dict[str, AccountId]) -> None:
        self.network = network
        self.accounts = accounts

    def node(self, name: str = "tha") -> RegistryNode:
        return self.network.node(name)

    async def sql(self, *statements: str, name: str = "tha") -> None:
        """What somebody does to a store by hand, who takes its guards away first."""

        def run(db: sqlite3.Connection) -> None:
            guards = db.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'holding%'"
            ).fetchall()
            for guard, _ in guards:
                db.execute(f"DROP TRIGGER {guard}")
            for statement in statements:
                db.execute(statement)
            for _, made in guards:
                db.execute(made)

        await self.network.members[NodeId(name)].store.run(run)

    async def offer(self, first: int, last: int) -> str:
        wish = proposal_pb2.ProposedTransaction(
            type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
            from_account=self.accounts["tha-holding"],
            to_account=self.accounts["che-holding"],
            from_registry="THA01",
            to_registry="CHE01",
            blocks=[units_pb2.UnitBlock(registry="THA01", first=first, last=last)],
        )
        submitted = await self.node().propose(wish, unchecked=True)
        return submitted.transaction_ids[0]


@asynccontextmanager
async def traded() -> AsyncIterator[Traded]:
    scenario = read("story.yaml", STORY.encode())
    network = PlayedNetwork(scenario.nodes, scenario.clock)
    try:
        problems, accounts = await set_up(network, scenario)
        assert not problems
        stage = Stage(network, scenario, accounts)
        for step in scenario.steps[:TRADED]:
            await stage.act(step)
        yield Traded(network, accounts)
    finally:
        await network.close()


def found(each: Compared) -> list[tuple[int, int, str]]:
    return [
        (
            told.units.first,
            told.units.last,
            pb.DifferenceKind.Name(told.kind).split("_")[-1],
        )
        for told in differing(each)
    ]


async def said(node: RegistryNode) -> int:
    """How many statements about its books a node has made."""

    def count(db: sqlite3.Connection) -> int:
        row = db.execute(
            "SELECT count(*) FROM outbox_item WHERE kind = ?",
            (PayloadKind.RECONCILIATION_STATEMENT,),
        ).fetchone()
        return int(row[0])

    return await node.work.read(lambda trip: count(trip.db))


async def test_every_registry_is_compared_once_after_a_start_and_then_daily() -> None:
    async with traded() as story:
        compared = await reconcile_all(story.network)
        assert {
            name: each.last and each.last.outcome for name, each in compared.items()
        } == dict.fromkeys(("THA01", "CHE01", "GHA01", "VUT01", "XMR01"), AGREED)
        assert await said(story.node()) == 2, "BEGIN and DIGEST"
        await reconcile_all(story.network)
        assert await said(story.node()) == 2
        story.network.clock.advance(timedelta(hours=23))
        await reconcile_all(story.network)
        assert await said(story.node()) == 2
        story.network.clock.advance(timedelta(hours=1))
        await reconcile_all(story.network)
        assert await said(story.node()) == 4
        await story.network.crash("tha")
        await story.network.restart("tha")
        await reconcile_all(story.network)
        assert await said(story.node()) == 6, "each start compares anew"


LOST = "DELETE FROM holding WHERE registry = 'THA01'"
MEDDLED: dict[str, tuple[Callable[[Traded], list[str]], list[tuple[int, int, str]]]] = {
    "a quantity": (
        lambda _: ["UPDATE holding SET last = last - 10"],
        [(4991, 5000, "MISSING")],
    ),
    "a serial": (
        lambda _: ["UPDATE holding SET first = first + 1"],
        [(1917, 1917, "MISSING")],
    ),
    "serials, as many as before": (
        lambda _: ["UPDATE holding SET first = first + 10, last = last + 10"],
        [(1917, 1926, "MISSING"), (5001, 5010, "SURPLUS")],
    ),
    "an account": (
        lambda story: [f"UPDATE holding SET account_id = '{story.accounts['tha-second']}'"],
        [(1917, 5000, "ACCOUNT")],
    ),
    "an account that nobody has": (
        lambda _: ["UPDATE holding SET account_id = 'THA'"],
        [(1917, 5000, "MISSING")],
    ),
    "a block too many": (
        lambda _: [
            (
                "INSERT INTO holding SELECT registry, 100, 200, account_id, attributes, marks, NULL"
                " FROM holding"
            )
        ],
        [(100, 200, "SURPLUS")],
    ),
    "a block too many of a registry that is none": (
        lambda _: [
            (
                "INSERT INTO holding SELECT 'XXX99', 100, 200, account_id, attributes, marks, NULL"
                " FROM holding"
            )
        ],
        [(100, 200, "SURPLUS")],
    ),
    "a block missing": (lambda _: [LOST], [(1917, 5000, "MISSING")]),
    "what units are": (
        lambda _: ["UPDATE holding SET attributes = x'0a00'"],
        [(1917, 5000, "CONTENT")],
    ),
    "what units are, not to be read": (
        lambda _: ["UPDATE holding SET attributes = x'ff'"],
        [(1917, 5000, "CONTENT")],
    ),
    "what they are marked with": (
        lambda _: ["UPDATE holding SET marks = 'FIRST_TRANSFERRED'"],
        [(1917, 5000, "CONTENT")],
    ),
    "the type of an account": (
        lambda story: [
            (
                "UPDATE account SET account_type = 300"
                f" WHERE account_id = '{story.accounts['tha-holding']}'"
            )
        ],
        [(1917, 5000, "CONTENT")],
    ),
}
SOON = {"serials, as many as before", "an account", "what units are, not to be read"}
"""Of the fast tests: one of each kind of difference."""


@pytest.mark.parametrize("what", many(MEDDLED, SOON))
async def test_what_was_changed_by_hand_is_found_without_anybody_asking(what: str) -> None:
    statements, expected = MEDDLED[what]
    async with traded() as story:
        await story.sql(*statements(story))
        compared = (await reconcile_all(story.network))["THA01"]
        assert compared.last is not None
        assert compared.last.outcome is DIFFERS
        assert found(compared) == expected
        alarms = await story.node().alarms.listed()
        told = [each for each in alarms if each.code == "ID_RECONCILED"]
        assert len(told) == 1
        assert compared.last.case_id in told[0].found
        for each in pb.ReconciliationAnswer.FromString(compared.cases[0].differences).differences:
            assert difference_text(each).isprintable()
        assert verify(story.network.database, lambda _: None).problems == ()


async def test_a_table_out_of_an_older_copy_is_found() -> None:
    """The store is that of now, but for its holdings, which are of before the transfer."""
    async with traded() as story:
        await story.sql("CREATE TABLE older AS SELECT * FROM holding")
        offered = await story.offer(4_001, 5_000)
        await story.network.settle()
        await story.node("che").accept(offered)
        await story.network.settle()
        await story.sql(
            "DELETE FROM holding", "INSERT INTO holding SELECT * FROM older", "DROP TABLE older"
        )
        compared = await reconcile_all(story.network)
        assert found(compared["THA01"]) == [(4_001, 5_000, "SURPLUS")]
        last = compared["CHE01"].last
        assert last is not None
        assert last.outcome is AGREED


async def test_held_units_stay_until_the_books_agree_and_the_operator_says_so() -> None:
    async with traded() as story:
        await story.sql("UPDATE holding SET last = last - 10")
        case_id = (await reconcile_all(story.network))["THA01"].cases[0].case_id
        await story.sql("UPDATE holding SET last = last + 10")
        refused = await story.offer(4_995, 5_000)
        free = await story.offer(2_000, 2_100)
        await story.network.settle()
        states = [(await story.node().story(each)).transaction.state for each in (refused, free)]
        assert states == ["INVALIDATED", "VALIDATED"]
        story.network.clock.advance(timedelta(days=1))
        compared = (await reconcile_all(story.network))["THA01"]
        assert compared.last is not None
        assert compared.last.outcome is AGREED
        assert [each.case_id for each in compared.cases] == [case_id]
        resolution = pb.CaseResolution(
            case_id=case_id, right=pb.CASE_RIGHT_RECORD, reason="a slip at a terminal"
        )
        await story.network.operator.state(PayloadKind.CASE_RESOLUTION, resolution)
        await story.network.settle()
        assert (await reconcile_all(story.network))["THA01"].cases == ()
        again = await story.offer(4_995, 5_000)
        await story.network.settle()
        assert (await story.node().story(again)).transaction.state == "VALIDATED"
        assert (await story.node().verify()).problems == ()


async def test_transfers_under_way_are_no_differences() -> None:
    """Each step of a reconciliation falls between two steps of transfers."""
    async with traded() as story:
        waiting = [await story.offer(2_000 + at, 2_000 + at) for at in range(0, 12, 2)]
        await story.network.settle()
        tha, che = story.node(), story.node("che")
        await tha.pump_reconciliations()
        await che.pump_reconciliations()
        for offered in waiting:
            await che.accept(offered)
            for node in (che, tha):
                await node.pump_outbox()
            for node in (tha, che):
                await node.pump_inbox()
                await node.pump_reconciliations()
        compared = await reconcile_all(story.network)
        for name in ("THA01", "CHE01"):
            last = compared[name].last
            assert last is not None
            assert last.outcome is AGREED


def database(story: Traded, name: str = "tha") -> sqlite3.Connection:
    return story.network.members[NodeId(name)].store._database._connection  # type: ignore[attr-defined,no-any-return]


async def restored(story: Traded, copied: sqlite3.Connection) -> None:
    """Thailand's node as it comes back over an older copy of its store."""
    await story.network.crash("tha")
    copied.backup(database(story))
    story.network.clock.advance(timedelta(seconds=1))
    await story.network.restart("tha")


async def test_a_restored_copy_catches_up_first_and_is_compared_then() -> None:
    async with traded() as story:
        copied = sqlite3.connect(":memory:", factory=Passing)
        database(story).backup(copied)
        await reconcile_all(story.network)
        offered = await story.offer(4_001, 5_000)
        await story.network.settle()
        await story.node("che").accept(offered)
        await story.network.settle()
        await restored(story, copied)
        assert await story.node().pump_reconciliations() == 0, (
            "not before it knows what it had said"
        )
        await story.node().record_watch.meet()
        assert await story.node().pump_reconciliations() == 0, "nor before it has it back"
        await story.network.settle()
        last = (await reconcile_all(story.network))["THA01"].last
        assert last is not None
        assert last.outcome is AGREED
        assert await said(story.node()) == 4
        assert (await story.node().verify()).problems == ()


@pytest.mark.parametrize("stages", many(range(5), {"2"}))
async def test_a_copy_of_any_moment_of_a_reconciliation_goes_on_or_begins_anew(stages: int) -> None:
    async with traded() as story:
        await story.sql("UPDATE holding SET last = last - 10")
        for _ in range(stages):
            await story.node().pump_reconciliations()
            await story.network.settle()
        copied = sqlite3.connect(":memory:", factory=Passing)
        database(story).backup(copied)
        await reconcile_all(story.network)
        await restored(story, copied)
        await story.network.settle()
        compared = (await reconcile_all(story.network))["THA01"]
        assert compared.last is not None
        assert compared.last.outcome is DIFFERS
        assert [each[:2] for each in found(compared)] == [(4991, 5000)]
        refused = [
            each
            for each in await story.node().alarms.listed()
            if each.code not in {"ID_RECONCILED", "SEQUENCE_USED"}
        ]
        assert refused == []
        assert verify(story.network.database, lambda _: None).problems == ()
