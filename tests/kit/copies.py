# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Plays a story on files, and puts an older copy of one program's files in place, as a person would.

A story is played once. After each step every program is stopped, its files are copied, and it is
started again. From two such moments a network is put together in which one program has the files of
the earlier moment and all others those of the later one; the story then goes on.
"""

from __future__ import annotations

import copy
import shutil
import sqlite3
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from broker.app import Parts, bring_up_to_date, memory_house
from broker.known_regimes import ALL_REGIMES
from broker.recovering import accept_loss as accept_broker_loss
from broker.store.engines import DATABASE_ID, Books
from broker.store.log_head import log_end, log_shortfall
from broker.verifying.verify import verify as verify_books
from itmo.identifiers import NodeId
from itmo.ids import SeededIds
from itmo.keys import PublicKey
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.head import keep
from itmo.runtime.db.sqlite import open_writer
from registry_node.commands.trip import Trip
from registry_node.going_back import WentBack, compare, go_back
from registry_node.paris.rules import PARIS
from registry_node.recovering import accept_loss as accept_node_loss
from registry_node.store.commit_head import commit_shortfall
from registry_node.store.database import Store, node_state, open_for_writing
from registry_node.store.rows import AccountState
from scenarios.acting import Stage
from scenarios.invariants import joined
from scenarios.key_rotation import KeyRotation
from scenarios.model import BROKER, NodeSpec, Scenario
from scenarios.network import Member, PlayedNetwork
from scenarios.world import set_up

_BROKER_FILE: Final = "broker.sqlite"
_NODE_FILE: Final = "node.db"
_DATABASE: Final = "0197a1b2-0000-7000-8000-000000000001"
_STAGE: Final = ("_letters", "_traded", "_notices")
_SEEDS: Final = 1000
_ROOM: Final = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


def scratch() -> Path:
    """A folder for many small files that nobody needs after the test."""
    return Path(mkdtemp(prefix="copies-", dir=_ROOM))


@cache
def _empty_books() -> bytes:
    """A broker's database before it was founded; making one takes longer than a story."""
    folder = scratch()
    connection = open_writer(folder / _BROKER_FILE, application_id=DATABASE_ID)
    bring_up_to_date(connection)
    connection.close()
    made = (folder / _BROKER_FILE).read_bytes()
    shutil.rmtree(folder)
    return made


class FiledNetwork(PlayedNetwork):
    """A network whose programs keep their books in files with heads, and read them at each start."""

    def __init__(self, specs: Iterable[NodeSpec], start: datetime, folder: Path) -> None:
        super().__init__(specs, start)
        self.folder = folder
        self._parts = replace(
            self._parts, network=replace(self._parts.network, database_id=_DATABASE)
        )
        self._database.close()
        self._pinned: list[PublicKey] | None = None

    def file(self, name: str) -> Path:
        """The database of a program."""
        return self.folder / name / (_BROKER_FILE if name == BROKER else _NODE_FILE)

    @property
    def names(self) -> list[str]:
        """Every program."""
        return [BROKER, *self.members]

    async def _start_house(self) -> None:
        path = self.file(BROKER)
        if missing := log_shortfall(path):
            raise ProtocolError(Reason.LEDGER_AUDIT_FAILED, missing)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_empty_books())
            path.chmod(0o600)
        connection = open_writer(path, application_id=DATABASE_ID)
        self._database = connection
        self._house = memory_house(self._parts, connection)
        connection.head = keep(path, log_end(connection))
        await self._house.start()
        self._everybody_lost_contact()

    def _broker_keys(self) -> list[PublicKey]:
        """Pinned once, as in service: a node knows them while the clearing-house is away."""
        if self._pinned is None:
            self._pinned = super()._broker_keys()
        return self._pinned

    async def _start_node(self, member: Member) -> None:
        path = self.file(member.spec.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        member.store = await Store.open(path)
        await super()._start_node(member)

    async def crash(self, name: str) -> None:
        """Stops a program, which lets go of its files."""
        running = self.running(name)
        await super().crash(name)
        if running and name == BROKER:
            self._database.close()
        elif running:
            await self.members[name].store.close()  # type: ignore[index]  # a node id is a name

    def running(self, name: str) -> bool:
        """True unless a program is stopped."""
        return self.house_runs if name == BROKER else self.runs(name)

    async def _round(self) -> int:
        """As in any network; a node that stops because the record differs lets others go on."""
        said = 0
        for member in self.members.values():
            node = member.node
            if node is None or not self.house_runs or not member.link.connected:
                continue
            said += await node.pump_outbox()
            try:
                said += await node.pump_inbox()
            except ProtocolError as error:
                if error.reason is not Reason.RECORD_DIFFERS:
                    raise
            said += await node.pump_instructions()
        return said

    async def go_back(self, name: str, *, send_again: bool = False) -> WentBack:
        """Takes the way out for a node: stopped, `registry-node record --accept-loss`, started."""
        member = self.members[NodeId(name)]
        assert member.node is not None
        opener, identity = member.node.opener, member.node.identity
        await self.crash(name)
        path = self.file(name)
        with closing(open_for_writing(path)) as db:
            trip = Trip(db, self.clock.now(), member.ids, identity, PARIS)
            found = await compare(trip, member.link)
            assert found.differs
            result = go_back(trip, path, opener, found.common, send_again=send_again)
        await self.restart(name)
        return result

    async def close(self) -> None:
        for name in self.names:
            await self.crash(name)

    async def moment(self, stage: Stage, folder: Path) -> Moment:
        """Stops everybody, copies all files, and goes on."""
        running = [name for name in self.names if self.running(name)]
        for name in running:
            await self.crash(name)
        shutil.copytree(self.folder, folder)
        taken = Moment(
            folder=folder,
            at=self.clock.now(),
            running=tuple(running),
            connected={name: member.link.connected for name, member in self.members.items()},
            stage={name: copy.deepcopy(getattr(stage, name)) for name in _STAGE},
            parts=self._parts,
            keys=copy.copy(self._keys),
        )
        for name in running:
            await self.restart(name)
        return taken


@dataclass(frozen=True)
class Moment:
    """A network as it stood after a step."""

    folder: Path
    at: datetime
    running: tuple[str, ...]
    connected: dict[Any, bool]
    stage: dict[str, Any]
    parts: Parts
    keys: KeyRotation


@dataclass
class Told:
    """A story that was played, with every moment of it."""

    story: Scenario
    account_ids: dict[str, Any]
    moments: list[Moment] = field(default_factory=list)
    pinned: list[PublicKey] = field(default_factory=list)

    @property
    def programs(self) -> list[str]:
        """Every program of the story."""
        return [BROKER, *(spec.name for spec in self.story.nodes)]

    def pairs(self) -> list[tuple[str, int, int]]:
        """Every program with every pair of copy and restore.

        A copy of the clearing-house from before its keys were exchanged is left out: the program refuses to
        start on it with the keys that it has now (`broker.own_keys`), and here nothing looks at that.
        """
        count = len(self.moments)
        return [
            (name, i, j)
            for name in self.programs
            for j in range(count)
            for i in range(j + 1)
            if name != BROKER or self.moments[i].keys.due == self.moments[j].keys.due
        ]


async def tell(story: Scenario, folder: Path) -> Told:
    """Plays a story to its end and keeps every moment."""
    network = FiledNetwork(story.nodes, story.clock, folder / "live")
    try:
        problems, account_ids = await set_up(network, story)
        assert not problems, problems
        stage = Stage(network, story, account_ids)
        told = Told(story, account_ids, pinned=network._broker_keys())
        told.moments.append(await network.moment(stage, folder / "0"))
        for number, step in enumerate(story.steps, 1):
            await stage.act(step)
            told.moments.append(await network.moment(stage, folder / str(number)))
        return told
    finally:
        await network.close()


def _resumed(
    told: Told, name: str, copied: int, at: int, folder: Path
) -> tuple[FiledNetwork, Stage]:
    """A network as it stood after one step, with a program's files of an earlier one in place.

    Nothing runs yet.
    """
    now, before = told.moments[at], told.moments[copied]
    shutil.copytree(now.folder, folder)
    network = FiledNetwork(told.story.nodes, now.at, folder)
    network._pinned = told.pinned
    shutil.copy(before.folder / network.file(name).relative_to(network.folder), network.file(name))
    # A program that starts has a source of ids of its own, as in service.
    network._parts = replace(
        network._parts,
        ids=SeededIds(_SEEDS * (at + 1)),
        signer=now.parts.signer,
        operator_signer=now.parts.operator_signer,
    )
    network._keys = copy.copy(now.keys)
    for number, member in enumerate(network.members.values(), 1):
        member.ids = SeededIds(_SEEDS * (at + 1) + number)
        member.link.connected = now.connected[member.spec.name]
    stage = Stage(network, told.story, told.account_ids)
    for attribute in _STAGE:
        setattr(stage, attribute, copy.deepcopy(now.stage[attribute]))
    return network, stage


@dataclass(frozen=True)
class Restored:
    """What came of a copy put in place.

    Attributes:
        ahead: Nodes that were told of what the clearing-house's copy does not hold.
        faults: What is not as the operator's page promises.
    """

    ahead: frozenset[str]
    faults: tuple[str, ...]


async def restore(
    told: Told, name: str, copied: int, at: int, *, send_again: bool = False
) -> Restored:
    """Puts a copy of one moment in place at a later one, goes on, takes the way out, and compares."""
    folder = scratch()
    network, stage = _resumed(told, name, copied, at, folder / "x")
    try:
        faults = [each async for each in _start_from_copy(network, name)]
        await _run_only(network, told.moments[at].running)
        ahead = await _ahead(network) if name == BROKER and network.house_runs else set()
        stopped = {node: await _cursor(network, node) for node in ahead}
        await network.settle()
        faults += [each async for each in _noticed(network, ahead)]
        for step in told.story.steps[at:]:
            # The story goes on as far as it can: what it speaks of may be gone.
            with suppress(ProtocolError, KeyError, RuntimeError):
                await stage.act(step)
        await _run_only(network, network.names)
        for member in network.members.values():
            member.link.connected = True
        await network.settle()
        ahead |= await _ahead(network) if name == BROKER else set()
        faults += [each async for each in _noticed(network, ahead)]
        for node, before in stopped.items():
            if await _cursor(network, node) != before:
                faults.append(f"{node} applied deliveries although the record differs")
        for node in ahead:
            await network.go_back(node, send_again=send_again)
        await network.settle()
        faults += [each async for each in _compared(network)]
    finally:
        await network.close()
        shutil.rmtree(folder)
    return Restored(frozenset(ahead), tuple(faults))


async def _start_from_copy(network: FiledNetwork, name: str) -> AsyncIterator[str]:
    """The head beside a copy says what it lacks; the loss is accepted as the page tells."""
    path, now = network.file(name), network.clock.now()
    lacks = log_shortfall(path) if name == BROKER else commit_shortfall(path)
    if not lacks:
        return
    try:
        await network.restart(name)
        yield f"{name} serves a copy that lacks what it acknowledged"
    except ProtocolError as error:
        if error.reason is not Reason.LEDGER_AUDIT_FAILED:
            yield f"{name} refuses a copy for another reason: {error}"
    missing = (
        accept_broker_loss(Books(path), now) if name == BROKER else accept_node_loss(path, now)
    )
    if not missing:
        yield f"{name} finds nothing missing in a copy"


async def _run_only(network: FiledNetwork, names: Collection[str]) -> None:
    if BROKER in names and not network.house_runs:
        await network.restart(BROKER)
    for name in network.names:
        if name in names and not network.running(name):
            await network.restart(name)


async def _state(network: FiledNetwork, node: str) -> tuple[int, int, bytes]:
    def read(db: sqlite3.Connection) -> tuple[int, int, bytes]:
        state = node_state(db)
        row = db.execute(
            "SELECT digest FROM delivery WHERE sequence = ?", (state.cursor,)
        ).fetchone()
        return state.cursor, state.recorded_sequence, row[0] if row else b""

    return await network.members[NodeId(node)].store.read(read)


async def _cursor(network: FiledNetwork, node: str) -> int:
    return (await _state(network, node))[0]


async def _ahead(network: FiledNetwork) -> set[str]:
    """Nodes that were told of what the clearing-house's books do not hold."""
    found: set[str] = set()
    for name, member in network.members.items():
        if member.node is None:
            continue
        cursor, recorded, digest = await _state(network, name)
        there = network.database.execute(
            "SELECT digest FROM mailbox_entry WHERE node = ? AND sequence = ?", (name, cursor)
        ).fetchone()
        last = network.database.execute(
            "SELECT next_sequence - 1 FROM sender WHERE node = ?", (name,)
        ).fetchone()
        if (cursor and (there is None or there[0] != digest)) or recorded > (last or (0,))[0]:
            found.add(name)
    return found


async def _noticed(network: FiledNetwork, ahead: set[str]) -> AsyncIterator[str]:
    """A node that is ahead says so, in its alarms and in verify, once it can reach the other side."""
    for name, member in network.members.items():
        if member.node is None or not member.link.connected or not network.house_runs:
            continue
        told = [a for a in (await member.node.status()).alarms if a.code == Reason.RECORD_DIFFERS]
        found = [
            p for p in (await member.node.verify()).problems if p.code == Reason.RECORD_DIFFERS
        ]
        if name in ahead and (len(told) != 1 or not found):
            yield f"{name} is ahead: {len(told)} alarms, {len(found)} words of verify"
        if name not in ahead and (told or found):
            yield f"{name} is not ahead, and says that the record differs"


async def _compared(network: FiledNetwork) -> AsyncIterator[str]:
    """The books of everybody are the same, and nobody has skipped anything."""
    with closing(sqlite3.connect(network.file(BROKER))) as books:
        for sentence in verify_books(books, lambda _: None, ALL_REGIMES).problems:
            yield f"clearing-house: {sentence}"
    database = network.database
    for name, member in network.members.items():
        assert member.node is not None
        status = await member.node.status()
        if status.outbox_depth:
            yield f"{name}: {status.outbox_depth} messages are not decided"
        for problem in (await member.node.verify()).problems:
            yield f"{name}: {problem.code}: {problem.found}"
        (last,) = database.execute(
            "SELECT last_sequence FROM mailbox WHERE node = ?", (name,)
        ).fetchone()
        if status.cursor != last:
            yield f"{name} has taken {status.cursor} of {last} deliveries"
        for sequence in await _skipped(network, member, database):
            yield f"{name} has skipped delivery {sequence}"
        for each in await _held(network, member):
            yield f"{name}: {each}"


async def _skipped(network: FiledNetwork, member: Member, database: Connection) -> list[int]:
    """Deliveries of which a statement is not among the node's proofs."""
    proofs = await member.store.read(
        lambda db: {row[0] for row in db.execute("SELECT payload_hash FROM proof")}
    )
    hashes = dict(database.execute("SELECT statement_id, payload_hash FROM statement"))
    return [
        sequence
        for sequence, ids in database.execute(
            "SELECT sequence, statement_ids FROM mailbox_entry WHERE node = ?", (member.spec.name,)
        )
        if not proofs.issuperset(hashes[each] for each in ids.split(","))
    ]


async def _held(network: FiledNetwork, member: Member) -> list[str]:
    assert member.node is not None
    rows = network.database.execute(
        "SELECT account_id FROM account JOIN registry USING (registry) WHERE node = ?"
        " AND NOT closed",
        (member.spec.name,),
    )
    there = {row[0] for row in rows}
    here = {a.account_id for a in await member.node.accounts() if a.state is AccountState.OPEN}
    faults = [f"only one side has account {each} open" for each in sorted(here ^ there)]
    ours = joined((h.account_id, h.registry, h.first, h.last) for h in await member.node.holdings())
    theirs = joined(
        row
        for row in network.database.execute(
            "SELECT account_id, registry, first, last FROM unit_block"
        )
        if row[0] in there
    )
    return faults + [f"only one side holds {each}" for each in sorted(ours ^ theirs)]
