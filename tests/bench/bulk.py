# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A file of transfers through two nodes and a broker, real programs that are killed: `python -m tests.bench.bulk`.

One node proposes the rows, the other accepts them. The command that hands the file in, either node and
the broker are killed (`kill -9`) at moments that the seed draws, and started again; the same commands
are given again. At the end each row of the file is held against the file of results, the books of both
nodes and the broker's record: one completed transfer each, of these units, and every unit in its place.
The taker's Party reports it, and all three programs verify what they stored. Prints time, rate, memory and sizes. With ITMO_BROKER_DATABASE set to
the URL of an empty database of a server, the broker keeps its record there.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from broker.store.engines import Books
from deploy.demo import history
from deploy.demo.network import Network, found
from deploy.demo.programs import DATABASE, Programs, cores
from deploy.demo.telling import Stage
from itmo.clock import from_ms
from itmo.core.v1 import proposal_pb2
from itmo.reasons import ProtocolError
from itmo.registry.v1 import job_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from itmo.runtime.db.connection import Connection
from registry_node.cli.session import Session

GIVER, TAKER = "tha", "che"
FROM, TO = "THA01", "CHE01"
COMMAND, BROKER = "command", "broker"
MAX_UNITS: Final = 4
"""Units of a row are drawn up to this: a hundred thousand rows stay within what the letter authorizes."""
LEFT_OVER: Final = 100
"""Units that no row names; they have to stay where they are."""
_LOOK_SECONDS: Final = 0.05
_ROWS_PER_SECOND_OF_PAUSE: Final = 200_000
"""The node counts the rows whenever it is asked: the more there are, the more seldom."""
_LONGEST_VERIFICATION: Final = 3_600.0
_PATIENCE: Final = 900.0
"""Seconds without any progress after which something hangs."""


class Differs(Exception):  # noqa: N818  # says what differs
    """What happened is not what the file says."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Who is killed, once so many rows are as far as the phase takes them."""

    phase: str
    rows: int
    victim: str


def plan(rows: int, seed: int) -> tuple[Kill, ...]:
    """Draws the moments: while rows are read, while they are judged, while they are accepted."""
    random = Random(seed)  # no secret
    victims = {
        "read": [COMMAND],
        "judged": [GIVER, BROKER, TAKER, COMMAND],
        "ended": [TAKER, BROKER, GIVER],
    }
    kills: list[Kill] = []
    for phase, names in victims.items():
        random.shuffle(names)
        moments = sorted(random.randrange(rows * 9 // 10) for _ in names)
        kills += [Kill(phase, moment, name) for moment, name in zip(moments, names, strict=True)]
    return tuple(kills)


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident megabytes of a program when so many rows were that far."""

    phase: str
    rows: int
    megabytes: float


@dataclass
class Watched:
    """What programs need, looked at while they work; a program that was started again counts on."""

    seen: dict[str, list[Memory]] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=dict)

    def look(self, name: str, pid: int, phase: str, rows: int) -> None:
        """Notes the memory of a program; nothing where it has ended."""
        with suppress(OSError, KeyError):  # it has ended; until it is waited for, it has no memory
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            status = dict(each.partition(":")[::2] for each in lines)
            now, most = (int(status[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))
            self.seen.setdefault(name, []).append(Memory(phase, rows, now))
            self.peak[name] = max(self.peak.get(name, 0.0), most)

    def told(self, rows: int) -> dict[str, dict[str, float]]:
        """Of each program the peak, and what it needed at the quarters of each phase."""
        told: dict[str, dict[str, float]] = {}
        for name, seen in self.seen.items():
            told[name] = {"peak": round(self.peak[name])}
            for phase in dict.fromkeys(each.phase for each in seen):
                of = [each for each in seen if each.phase == phase]
                for quarter in (1, 2, 3, 4):
                    reached = [each for each in of if each.rows >= rows * quarter // 4] or of[-1:]
                    told[name][f"{phase} {quarter}/4"] = round(reached[0].megabytes)
        return told


@dataclass
class Passage:
    """The passage of one file.

    Attributes:
        moved: First and last serial of each row, by its number in the file.
        marks: Seconds from the beginning at which each phase was over.
    """

    programs: Programs
    network: Network
    rows: int
    kills: tuple[Kill, ...]
    say: Callable[[str], None]
    watched: Watched = field(default_factory=Watched)
    moved: dict[int, tuple[int, int]] = field(default_factory=dict)
    marks: dict[str, float] = field(default_factory=dict)
    restarts: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """The file of transfers."""
        return self.programs.home / "transfers.csv"

    async def play(self, random: Random) -> dict[str, object]:
        """Takes the file through; returns what is printed.

        Raises:
            Differs: Something is missing, was done twice, or does not verify.
        """
        last = self._write(random)
        giver = self.network.nodes[GIVER]
        await giver.authorize(history.THAILAND)
        units = history.Units(FROM, 1, last + LEFT_OVER, 2022, history.THAILAND)
        await giver.issue(self.network.accounts[FROM], [units])
        began = time.monotonic()
        propose = (GIVER, "propose", "--file", str(self.file), "--json")
        await self._through(propose, ("read", "judged"), began)
        await self._through((TAKER, "accept", "--all-from", FROM, "--json"), ("ended",), began)
        told = await self._told(*propose, "--until-ended")
        took = time.monotonic() - began
        if (told["ended"], told["failed"]) != (self.rows, 0):
            raise Differs(f"the command says {told}")
        self.say("comparing ...")
        await self._agree(last)
        self.say("reporting ...")
        reported = await self._reported()
        self.say("verifying ...")
        verified = {name: await self._verified(name) for name in (BROKER, GIVER, TAKER)}
        return {
            "rows": self.rows,
            "units": last,
            "seconds": round(took, 1),
            "per_second": round(self.rows / took, 1),
            "phases": {name: round(seconds, 1) for name, seconds in self.marks.items()},
            "kills": self.restarts,
            "memory_mb": self.watched.told(self.rows),
            "database_mb": {each: self._megabytes(each) for each in (BROKER, GIVER, TAKER)},
            "reported_in": reported,
            "verified_in": verified,
            "busy": round(os.getloadavg()[2], 1),
        }

    def _write(self, random: Random) -> int:
        """Writes the file; returns the last serial in it."""
        accounts, last = self.network.accounts, 0
        with self.file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(("from_account", "to_account", "units"))
            for number in range(2, self.rows + 2):
                first, last = last + 1, last + random.randint(1, MAX_UNITS)
                self.moved[number] = (first, last)
                writer.writerow((accounts[FROM], accounts[TO], f"{first}-{last}"))
        return last

    # -- giving commands and killing ------------------------------------------------------------------

    async def _through(self, words: tuple[str, ...], phases: tuple[str, ...], began: float) -> None:
        """Gives a command until all rows are through its phases, with the kills of these phases."""
        process = await self._command(*words)
        try:
            for phase in phases:
                for kill in (each for each in self.kills if each.phase == phase):
                    process = await self._until(words, process, phase, kill.rows)
                    killed = time.monotonic()
                    await self._kill(kill.victim, process)
                    self.restarts.append(f"{kill.victim} when {kill.rows} were {phase}")
                    self.say(f"{self.restarts[-1]}; back in {time.monotonic() - killed:.1f} s")
                process = await self._until(words, process, phase, self.rows)
                self.marks[phase] = time.monotonic() - began
                self.say(f"{self.rows} {phase} in {self.marks[phase]:.0f} s")
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _until(
        self, words: tuple[str, ...], process: Process, phase: str, least: int
    ) -> Process:
        """Until so many rows are so far; gives the command again where it ended for another's sake."""
        before, since = -1, time.monotonic()
        while (done := await self._progress(phase)) < least:
            self._look(phase, done, process)
            if process.returncode not in (None, 0):
                process = await self._command(*words)
            if done > before:
                before, since = done, time.monotonic()
            elif time.monotonic() - since > _PATIENCE:
                raise Differs(f"{done} of {self.rows} were {phase}, and then nothing went on")
            await asyncio.sleep(max(_LOOK_SECONDS, self.rows / _ROWS_PER_SECOND_OF_PAUSE))
        self._look(phase, done, process)
        return process

    async def _kill(self, victim: str, process: Process) -> None:
        if victim == COMMAND:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        elif victim == BROKER:
            self.programs.kill(BROKER)
            self.programs.serve(BROKER)
            await self.programs.until("the broker to serve", self.network.broker.serves)
        else:
            self.programs.kill(victim)
            await self.network.start_again(victim)

    async def _progress(self, phase: str) -> int:
        """Rows that are so far; nothing while the node that knows it does not answer."""
        session = Session(self.programs.home / GIVER)
        request = api.GetJobRequest(digest=hashlib.sha256(self.file.read_bytes()).digest())
        asked = partial(session.call_jobs, lambda stub: stub.GetJob(request, timeout=30))
        try:
            job = (await asyncio.to_thread(asked)).job
        except ProtocolError:
            return 0
        return {"read": job.rows, "judged": job.judged, "ended": job.ended}[phase]

    def _look(self, phase: str, done: int, process: Process) -> None:
        for name in (BROKER, GIVER, TAKER):
            self.watched.look(name, self.programs.services[name].process.pid, phase, done)
        if process.returncode is None:
            self.watched.look(COMMAND, process.pid, phase, done)

    async def _command(self, node: str, *words: str) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "registry_node", "--dir", str(self.programs.home / node), *words,
            stdout=PIPE, stderr=PIPE,
        )  # fmt: skip

    async def _told(self, node: str, *words: str) -> Any:  # noqa: ANN401  # JSON
        process = await self._command(node, *words)
        out, err = await process.communicate()
        if process.returncode:
            raise Differs(f"{words} ended with {process.returncode}: {err.decode()}")
        return json.loads(out)

    # -- holding everything against the file ----------------------------------------------------------

    async def _agree(self, last: int) -> None:
        """Holds each row against the results, the record and both books.

        Raises:
            Differs: They say something else.
        """
        with self.file.with_name("transfers.result.csv").open(encoding="utf-8") as stream:
            results = {int(each["row"]): each for each in csv.DictReader(stream)}
        if set(results) != set(self.moved):
            raise Differs(f"{len(results)} results for {self.rows} rows")
        unended = [number for number, each in results.items() if each["state"] != "COMPLETED"]
        if unended:
            raise Differs(f"rows {unended[:5]} are not completed")
        wanted = {each["transaction_id"]: self.moved[number] for number, each in results.items()}
        if len(wanted) != self.rows:
            raise Differs(f"{len(wanted)} transactions for {self.rows} rows")
        record = self._rows(
            BROKER,
            "SELECT transaction_id, quantity FROM transaction_record"
            " WHERE type = 'TRANSFER' AND state = 'COMPLETED'",
        )
        if dict(record) != {name: end - first + 1 for name, (first, end) in wanted.items()}:
            raise Differs("the record has other completed transfers than the results")
        completions = self._rows(
            BROKER,
            "SELECT transaction_id FROM transaction_event WHERE event = 'COMPLETE'",
        )
        if sorted(name for (name,) in completions if name in wanted) != sorted(wanted):
            raise Differs("a transfer was completed twice, or never")
        for node in (GIVER, TAKER):
            await self._until_applied(node, wanted)
        accounts = self.network.accounts
        left = [(last + 1, last + LEFT_OVER)]
        for name, account, held in (
            (BROKER, accounts[FROM], left),
            (BROKER, accounts[TO], [(1, last)]),
            (GIVER, accounts[FROM], left),
            (TAKER, accounts[TO], [(1, last)]),
        ):
            table = "unit_block" if name == BROKER else "holding"
            ranges = self._rows(
                name,
                f"SELECT first, last FROM {table} WHERE registry = ? AND account_id = ?"  # of two
                " ORDER BY first",
                FROM,
                account,
            )
            if _joined(ranges) != held:
                raise Differs(f"{name} has {_joined(ranges)[:5]} in {account}, expected {held}")

    async def _until_applied(self, node: str, wanted: dict[str, tuple[int, int]]) -> None:
        """Until a node has heard of every completion, and of these units."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                found = self._rows(
                    node,
                    "SELECT transaction_id, proposal FROM traded WHERE state = 'COMPLETED'"
                    " AND to_registry = ?",
                    TO,
                )
                if len(found) >= self.rows:
                    break
                await asyncio.sleep(1)
        told = {name: _serials(proposal) for name, proposal in found}
        if told != wanted:
            raise Differs(f"{node} knows of other transfers than the results")

    def _rows(self, name: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        opened: Connection = (
            self._books().open_reader()
            if name == BROKER
            else sqlite3.connect(f"file:{self._database(name)}?mode=ro", uri=True)
        )
        with closing(opened):
            return opened.execute(statement, values).fetchall()

    def _books(self) -> Books:
        return Books(self._database(BROKER), os.environ.get(DATABASE, ""))

    def _database(self, name: str) -> Path:
        return self.programs.home / name / ("broker.sqlite" if name == BROKER else "data/node.db")

    def _megabytes(self, name: str) -> float:
        if name == BROKER and self._books().url:
            ((size,),) = self._rows(name, "SELECT pg_database_size(current_database())")
            return float(round(size / 1e6, 1))
        file = self._database(name)
        parts = (each.stat().st_size for each in file.parent.glob(f"{file.name}*"))
        return round(sum(parts) / 1e6, 1)

    async def _reported(self) -> float:
        """Has the taker's node ask for its Party's AEF, in which each row of the file is an action; returns the seconds.

        The first answer may be that it takes too long: the broker reads all that was decided into its timeline before.

        Raises:
            Differs: It has others.
        """
        began = time.monotonic()
        ((last,),) = self._rows(BROKER, "SELECT max(decided_at) FROM log_leaf")
        told: Any = {}
        while "files" not in told and time.monotonic() - began < _PATIENCE:
            told = await self.programs.node(
                TAKER, "aef", "export", "--party", TO[:3], "--year", str(from_ms(last).year),
                "--out", str(self.programs.home / "aef.json"), accept=(0, Exit.UNREACHABLE),
                seconds=_LONGEST_VERIFICATION,
            )  # fmt: skip
        (found,) = told["files"]
        if found["rows"]["actions"] != self.rows:
            raise Differs(f"the AEF has {found['rows']}, not {self.rows} actions")
        return round(time.monotonic() - began, 1)

    async def _verified(self, name: str) -> float:
        """Has a program verify what it stored; returns the seconds it took.

        Raises:
            Differs: Something does not hold.
        """
        began = time.monotonic()
        verify = self.programs.broker if name == BROKER else partial(self.programs.node, name)
        told = await verify("verify", accept=(0, 1), seconds=_LONGEST_VERIFICATION)
        if not told["ok"]:
            raise Differs(f"{name} does not verify: {told['problems'][:3]}")
        return round(time.monotonic() - began, 1)


def _serials(proposal: bytes) -> tuple[int, int]:
    (block,) = proposal_pb2.ProposedTransaction.FromString(proposal).blocks
    return block.first, block.last


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in their order, those without a gap between them as one."""
    joined: list[tuple[int, int]] = []
    for first, last in ranges:
        if joined and joined[-1][1] + 1 == first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


async def passage(
    home: Path, rows: int, seed: int, say: Callable[[str], None]
) -> dict[str, object]:
    """Takes a file of so many rows through a network in a folder.

    Raises:
        Differs: What happened is not what the file says.
    """
    programs = Programs(home, cores(), patience=_PATIENCE)
    try:
        network = await found(programs, Stage(quiet_output=True))
        try:
            played = Passage(programs, network, rows, plan(rows, seed), say)
            return await played.play(Random(seed))  # no secret
        finally:
            await network.hang_up()
    finally:
        programs.stop()


def main() -> None:
    """Takes a file through and prints what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="of units and kills")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="an empty one, which stays")
    options = parser.parse_args()
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {line}", file=sys.stderr, flush=True)  # noqa: T201  # progress

    home = options.keep or Path(tempfile.mkdtemp(prefix="itmo-bulk-"))
    say(f"in {home}, which stays if this fails")
    told = asyncio.run(passage(home, options.rows, options.seed, say))
    if options.keep is None:
        shutil.rmtree(home)
    print(json.dumps(told, indent=1))  # noqa: T201  # asked for


if __name__ == "__main__":
    main()
