# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The network under attack, made and run with the commands of both programs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from deploy.demo.history import Approach, Authorization, Units
from deploy.demo.presiding import BrokerOperator
from deploy.demo.programs import DemoFailed, Programs, free_address
from deploy.demo.speaking import NodeOperator
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.ids import RandomIds
from itmo.paris.v1 import attributes_pb2, authorization_pb2, terms_pb2
from itmo.payloads import PayloadKind
from tests.attacks.identities import (
    EVERYBODY,
    GIVER,
    HOLDING,
    HOSTILE,
    NETWORK,
    REPLACED,
    SERVED,
    STRANGER,
    TAKER,
    THAILAND,
    Identity,
    certify,
    say,
)
from tests.conformance.speaking import Speaker

APPROACH: Final = Approach(
    "CA0003", "Attacked", tuple(each.party for each in EVERYBODY), "Transportation", "Transport"
)
UNITS: Final = 1_000_000
"""What every giver holds at the beginning."""
AT_ISSUANCE: Final = authorization_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE
UNDEFINED: Final = authorization_pb2.FIRST_TRANSFER_DEFINITION_UNSPECIFIED
NO_VARIABLES: Final[Mapping[str, str]] = MappingProxyType({})
_COMPLAINTS: Final = re.compile(
    r"Traceback|unexpected_error|Task was destroyed|never retrieved|fault of the program|Segmentation|fatal",
    re.IGNORECASE,
)
"""What no program writes, whatever is done to it."""
_REFUSED_SECONDS: Final = 20.0
_VERIFY_SECONDS: Final = 900.0


@dataclass(frozen=True, slots=True)
class BrokerSeconds:
    """Processor time of a broker, in seconds.

    Attributes:
        process: Of the one that decides.
        workers: Of all others together.
    """

    process: float
    workers: float

    @property
    def total(self) -> float:
        """Of all of them."""
        return self.process + self.workers


def seconds_of(pid: int) -> float:
    """Processor time that a process has taken; none where it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Network:
    """What runs.

    Attributes:
        programs: Its processes; `home` holds a folder for each.
        address: Where the broker listens.
        broker: The broker's operator.
        nodes: Operators of the nodes that run, by name.
        peak_rss: Most memory that any broker process has had resident, in bytes.
        kills: How many processes were killed on purpose.
    """

    programs: Programs
    address: str
    broker: BrokerOperator
    nodes: dict[str, NodeOperator]
    peak_rss: int = 0
    kills: int = 0
    _read: dict[Path, int] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Where everything lies."""
        return self.programs.home

    @property
    def broker_pid(self) -> int:
        """The broker's process."""
        return self.programs.services["broker"].process.pid

    def ended(self, name: str) -> int | None:
        """The exit status of a program that has ended."""
        return self.programs.services[name].process.poll()

    async def start_broker(self, environment: Mapping[str, str] = NO_VARIABLES) -> None:
        """Starts the broker and waits until it answers."""
        self.programs.serve("broker", environment)
        await self.broker.close()
        self.broker = BrokerOperator(self.home / "broker" / "operator.sock")
        await self.programs.until("the broker to serve", self.broker.serves)

    async def broker_refuses(self) -> str:
        """Starts the broker, which must not serve; returns what it said.

        Raises:
            DemoFailed: it serves, or ends as a fault of its own.
        """
        log = self.home / "logs" / "broker.log"
        before = log.stat().st_size
        process = self.programs.serve("broker").process
        try:
            status = await asyncio.to_thread(process.wait, _REFUSED_SECONDS)
        except subprocess.TimeoutExpired:
            raise DemoFailed("the broker serves, although it must refuse to") from None
        said = log.read_bytes()[before:].decode(errors="replace")
        if status not in {1, 2}:
            raise DemoFailed(f"the broker ended with {status} instead of a refusal: {said[-400:]}")
        return said

    async def start_node(self, name: str, environment: Mapping[str, str] = NO_VARIABLES) -> None:
        """Starts a node and waits until it has the broker on the line."""
        self.programs.serve(name, {**_accepting(name), **environment})
        await self.nodes[name].dial_again()
        await self.programs.until(f"{name} to connect", self.nodes[name].connected)

    def kill(self, name: str) -> None:
        """Ends a program as a power cut would."""
        self.note_memory()
        self.programs.kill(name)
        self.kills += 1

    def note_memory(self) -> None:
        """Looks up the most memory that the running broker has had."""
        try:
            status = Path(f"/proc/{self.broker_pid}/status").read_text()
        except OSError:
            return
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        if found:
            self.peak_rss = max(self.peak_rss, int(found[1]) * 1024)

    def broker_seconds(self) -> BrokerSeconds:
        """Processor time that the running broker has taken, and its workers."""
        tasks = Path(f"/proc/{self.broker_pid}/task")
        workers = [each.read_text().split() for each in tasks.glob("*/children")]
        return BrokerSeconds(
            seconds_of(self.broker_pid),
            sum(seconds_of(int(pid)) for each in workers for pid in each),
        )

    def forget_memory(self) -> None:
        """Looks from now on at the most memory that a broker has, as far as the system starts anew with it."""
        self.peak_rss = 0
        with contextlib.suppress(OSError):
            Path(f"/proc/{self.broker_pid}/clear_refs").write_text("5")

    def complaints(self) -> list[str]:
        """Lines that no log may hold, since they were last asked for."""
        found = []
        for log in sorted((self.home / "logs").glob("*.log")):
            with log.open("rb") as file:
                file.seek(self._read.get(log, 0))
                new = file.read()
            self._read[log] = self._read.get(log, 0) + len(new)
            lines = new.decode(errors="replace").splitlines()
            found += [f"{log.stem} logs: {e[:300]}" for e in lines if _COMPLAINTS.search(e)]
        return found

    async def verify(self) -> dict[str, object]:
        """What `verify` of all programs says; empty lists where everything holds."""
        run, accept = self.programs, (0, 1)
        said: dict[str, object] = {}
        for name in ("broker", *self.nodes):
            try:
                if name == "broker":
                    told = await run.broker("verify", accept=accept, seconds=_VERIFY_SECONDS)
                else:
                    told = await run.node(name, "verify", accept=accept, seconds=_VERIFY_SECONDS)
                said[name] = told.get("problems", [])
            except DemoFailed as failed:
                said[name] = [str(failed)]
        return said

    async def close(self) -> None:
        """Ends everything."""
        await asyncio.gather(self.broker.close(), *(node.close() for node in self.nodes.values()))
        self.programs.stop()


def _accepting(name: str) -> dict[str, str]:
    """Both nodes accept from one another without a person."""
    if name not in {each.node for each in SERVED}:
        return {}
    trusted = ", ".join(f'"{each.registry}"' for each in SERVED)
    return {
        "ITMO_NODE_ACCEPTANCE__MODE": '"automatic"',
        "ITMO_NODE_ACCEPTANCE__TRUSTED_REGISTRIES": f"[{trusted}]",
    }


async def found(
    home: Path, checkout: Path | None = None, variables: Mapping[str, str] = NO_VARIABLES
) -> Network:
    """Makes the network and brings it up.

    Args:
        home: Where.
        checkout: Programs of another checkout are played.
        variables: Of the environment of all programs.
    """
    programs = Programs(home)
    programs._environment.update(variables)
    if checkout is not None:
        programs._environment["PYTHONPATH"] = f"{checkout}:{checkout / 'proto'}"
    address = free_address()
    network = Network(
        programs,
        address,
        BrokerOperator(home / "broker" / "operator.sock"),
        {each.node: NodeOperator(each.node, home / each.node / "node.sock") for each in SERVED},
    )
    try:
        await asyncio.gather(
            programs.broker("init", "--network", NETWORK, "--listen", address),
            *(_make(programs, each) for each in EVERYBODY),
        )
        await network.start_broker()
        await _admit(network)
        certify(home, STRANGER, "stranger")
        certify(home, REPLACED, GIVER.node)
        await asyncio.gather(_equip_nodes(network), _equip_speakers(network))
    except BaseException:
        await network.close()
        raise
    return network


async def _make(programs: Programs, each: Identity) -> None:
    await programs.node(
        each.node, "init", "--node", each.node, "--kind", "national",
        "--registry", each.registry, "--network", NETWORK,
    )  # fmt: skip


async def _admit(network: Network) -> None:
    """Admits one after the other, for the operator's statements form a chain."""
    programs, home = network.programs, network.home
    for each in EVERYBODY:
        file = home / f"{each.node}.admission.json"
        request = home / each.node / "join-request.json"
        await programs.broker("admit", request, "--out", file, "--yes")
        await programs.node(each.node, "join", file)
        await programs.broker(
            "party", each.party, "--ndc-start", "2021", "--ndc-end", "2030", "--target",
            "multi-year", "--method", "trajectory", "--initial-report", "2021-06-30",
        )  # fmt: skip
    await programs.broker(
        "approach", APPROACH.id, "--title", APPROACH.title, "--parties",
        ",".join(APPROACH.parties), "--sectors", APPROACH.sector, "--activity-types",
        APPROACH.activity, "--evidence", APPROACH.evidence,
    )  # fmt: skip


async def _equip_nodes(network: Network) -> None:
    for each in SERVED:
        await network.start_node(each.node)
        await network.nodes[each.node].open_account(each.registry)
    letter = Authorization(
        "THA-1", "THA", APPROACH, ("NDC",), UNITS, (), (2021, 2030), f"{_yesterday():%Y-%m-%d}"
    )
    thailand = network.nodes[THAILAND.node]
    await thailand.authorize(letter)
    await thailand.issue(THAILAND.account, [Units(THAILAND.registry, 1, UNITS, 2022, letter)])


async def _equip_speakers(network: Network) -> None:
    for each in (GIVER, TAKER, HOSTILE):
        speaker = each.speaker(network.home, network.address)
        await open_account(speaker, each.account)
        if each is not TAKER:
            await open_account(speaker, each.second_account)
            definition = AT_ISSUANCE if each is HOSTILE else UNDEFINED
            await authorize(speaker, each, f"{each.party}-1", definition)
            await issue(speaker, each, f"{each.party}-1", 1, UNITS)
        await speaker.channel.close()


async def open_account(speaker: Speaker, account: str) -> None:
    """States an account."""
    statement = statements_pb2.AccountStatement(
        account_id=account, registry=speaker.registry, account_type=HOLDING
    )
    await say(speaker, PayloadKind.ACCOUNT_STATEMENT, statement)


async def authorize(
    speaker: Speaker,
    each: Identity,
    name: str,
    definition: authorization_pb2.FirstTransferDefinition.ValueType = UNDEFINED,
) -> None:
    """States an authorization of use towards NDCs without a ceiling."""
    statement = authorization_pb2.AuthorizationStatement(
        authorization_id=name,
        version=1,
        party=each.party,
        cooperative_approach=APPROACH.id,
        purposes=[authorization_pb2.PURPOSE_NDC],
        vintages=terms_pb2.YearSpan(first=2021, last=2030),
        first_transfer_definition=definition,
        date=f"{_yesterday():%Y-%m-%d}",
    )
    await say(speaker, PayloadKind.AUTHORIZATION_STATEMENT, statement)


def issuance(
    each: Identity, authorization: str, first: int, last: int
) -> proposal_pb2.ProposedTransaction:
    """An issuance of one block into the first account."""
    attributes = attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UNIT_TYPE_ITMO,
        cooperative_approach=APPROACH.id,
        first_transferring_party=each.party,
        vintage=2022,
        authorization=attributes_pb2.AuthorizationReference(id=authorization, version=1),
        metric=attributes_pb2.METRIC_GHG,
        mitigation_type=attributes_pb2.MITIGATION_TYPE_EMISSION_REDUCTIONS,
        sector=APPROACH.sector,
        activity_type=APPROACH.activity,
    )
    return proposal_pb2.ProposedTransaction(
        transaction_id=RandomIds().uuid7(datetime.now(UTC)),
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        from_account=each.account,
        to_account=each.account,
        from_registry=each.registry,
        to_registry=each.registry,
        blocks=[
            units_pb2.UnitBlock(
                registry=each.registry,
                first=first,
                last=last,
                attributes=rulebooks_pb2.UnitAttributes(paris=attributes),
            )
        ],
    )


async def issue(speaker: Speaker, each: Identity, authorization: str, first: int, last: int) -> str:
    """Issues one block; returns the name of the state it came to."""
    transaction = issuance(each, authorization, first, last)
    answer = await say(
        speaker, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transaction)
    )
    return state_of(answer.answers[0].payload)


def state_of(verdict: bytes) -> str:
    """The name of the state in which a verdict leaves its (first) transaction."""
    said = decision_pb2.Verdict.FromString(verdict)
    return decision_pb2.State.Name(said.results[0].state).removeprefix("STATE_")


def _yesterday() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)
