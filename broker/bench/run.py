# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One run after the other: the floor, each case at saturation and at half of that, the neighbours."""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from broker.bench.field import Field, TargetKind, build_field, copied, write_target
from broker.bench.measure import Load, Target, pace, saturate
from broker.bench.neighbours import Neighbour, pgbench, raw_sqlite
from broker.bench.plan import CASES, ON_PAIR, SINGLE, WITH_WORKERS, Case, Engine
from broker.bench.report import Measured, Ran, Setting, report
from broker.bench.servers import Servers, missing, strict_pair
from broker.bench.transfers import sign_transfers
from itmo.reasons import ProtocolError, Reason

_PAIRS: Final = 32
"""Pairs of registries, each with one exchange under way: a busy day's concurrency."""
_FLOOR_RATE: Final = 5_000
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 30.0
_DURABLE: Final = "write-ahead log, synchronous FULL, answers after the commit"
_MODEL: Final = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSettings:
    """How long, how wide, how often and how much to measure.

    Attributes:
        seconds: Of each measurement.
        pairs: Of registries.
        runs: Of the whole; figures are medians with their spread.
        full: Every case and the neighbours, not the first case only.
        engine: Where the broker's books are.
        url: Of a database on a server, whose role may make others; a pair of servers is started without.
        workers: Processes that hold the lines to nodes, in every case.
    """

    seconds: float = 8.0
    pairs: int = _PAIRS
    runs: int = 1
    full: bool = False
    engine: Engine = Engine.SQLITE
    url: str = ""
    workers: int = 0

    @property
    def cases(self) -> tuple[Case, ...]:
        """What is measured, but for the pair of servers."""
        cases = tuple(
            case.with_workers(self.workers) for case in (CASES if self.full else (SINGLE,))
        )
        return (*cases, *WITH_WORKERS) if self.full and not self.workers else cases


async def measure(settings: BenchSettings, say: Callable[[str], None]) -> dict[str, object]:
    """Runs the measurements in temporary directories and returns them as JSON-ready data.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED, when a database does not hold what was acknowledged;
            CONFIGURATION_INVALID, where there is no PostgreSQL to be measured.
    """
    with ExitStack() as stack:
        servers = None
        if settings.engine is Engine.POSTGRESQL:
            servers = await asyncio.to_thread(stack.enter_context, _servers(settings))
        return await _measure(settings, servers, say)


async def _measure(
    settings: BenchSettings, servers: Servers | None, say: Callable[[str], None]
) -> dict[str, object]:
    busy = round(os.getloadavg()[0], 1)
    runs: list[Ran] = []
    with tempfile.TemporaryDirectory(prefix="itmo-bench-") as name:
        template = await build_field(Path(name), settings.pairs)
        fields = _Fields(settings, template)
        for number in range(settings.runs):
            before = f"run {number + 1} of {settings.runs}, " if settings.runs > 1 else ""

            def tell(line: str, before: str = before) -> None:
                say(before + line)

            runs.append(await _run(fields, servers, tell))
    setting = Setting(
        day=datetime.now(UTC).date(),
        processor=_processor(),
        cpus=os.cpu_count() or 0,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        engine=servers.version() if servers else f"SQLite {sqlite3.sqlite_version}",
        durability=servers.durability if servers else _DURABLE,
        seconds=settings.seconds,
        pairs=settings.pairs,
        busy=busy,
    )
    return report(setting, runs)


@dataclass(frozen=True, slots=True)
class _Fields:
    """Makes a fresh field for each measurement: one that was built once, or on a server of its own."""

    settings: BenchSettings
    template: Field

    @asynccontextmanager
    async def one(self, servers: Servers | None = None) -> AsyncIterator[Field]:
        """A field that goes with the measurement."""
        with ExitStack() as stack:
            url = stack.enter_context(servers.database()) if servers else ""
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="itmo-bench-")))
            if servers is None:
                yield copied(self.template, directory)
            else:
                yield await build_field(directory, self.settings.pairs, url=url)


async def _run(fields: _Fields, servers: Servers | None, say: Callable[[str], None]) -> Ran:
    settings = fields.settings
    floor = await _floor(fields, TargetKind.FLOOR, say)
    measured = {case.name: await _case(fields, case, servers, say) for case in settings.cases}
    if settings.full and servers is None and not missing():
        with ExitStack() as stack:
            pair = await asyncio.to_thread(stack.enter_context, _servers(settings))
            for case in ON_PAIR:
                measured[case.name] = await _case(fields, case, pair, say)
    neighbours = await _neighbours(fields, say) if settings.full else ()
    return Ran(floor, measured, neighbours)


async def _floor(fields: _Fields, kind: TargetKind, say: Callable[[str], None]) -> Load:
    settings = fields.settings
    say(f"{kind}: {settings.seconds:g} s ...")
    async with fields.one() as field:
        count = int(settings.seconds * _FLOOR_RATE / settings.pairs)
        work = sign_transfers(field.pairs, count, datetime.now(UTC))
        async with _target(field, kind) as target:
            return await saturate(target, field.pairs, work, settings.seconds)


async def _case(
    fields: _Fields, case: Case, servers: Servers | None, say: Callable[[str], None]
) -> Measured:
    settings = fields.settings
    loads: list[Load] = []
    pids = servers.pids if servers else ()
    for half in (False, True):
        async with fields.one(servers) as field:
            rate = loads[0].per_second / 2 if half else case.rate
            at = f"half load, {rate:.0f} per second" if half else "saturation"
            say(f"{case.name} at {at}: {settings.seconds:g} s ...")
            pairs = field.pairs[: case.pairs]
            count = max(2 * case.batch, int(settings.seconds * rate / len(pairs)))
            now = datetime.now(UTC)
            work = sign_transfers(pairs, count, now, case.batch, case.accounts)
            async with _target(field, TargetKind.BROKER, pids, case.workers) as target:
                if half:
                    loads.append(await pace(target, pairs, work, rate, streamed=case.streamed))
                else:
                    loads.append(
                        await saturate(
                            target, pairs, work, settings.seconds, streamed=case.streamed
                        )
                    )
            _check(field, loads[-1])
    return Measured(case, *loads)


async def _neighbours(fields: _Fields, say: Callable[[str], None]) -> Sequence[Neighbour]:
    settings = fields.settings
    found: list[Neighbour] = []
    for kind, note in (
        (TargetKind.ECHO, "the same server and driver, no signature, nothing stored"),
        (TargetKind.SIGNED_ECHO, "and each message verified, each answer signed"),
    ):
        load = await _floor(fields, kind, say)
        # Two calls make a transfer.
        found.append(Neighbour(f"gRPC {kind}", 2 * load.per_second, "calls", note))
    with tempfile.TemporaryDirectory(prefix="itmo-bench-") as name:
        say(f"SQLite alone: {settings.seconds:g} s ...")
        found.append(await asyncio.to_thread(raw_sqlite, Path(name), settings.seconds))
        say(f"pgbench: {settings.seconds:g} s ...")
        found.append(await pgbench(Path(name), settings.seconds))
    return found


@contextmanager
def _servers(settings: BenchSettings) -> Iterator[Servers]:
    if settings.url:
        yield Servers(settings.url)
        return
    with tempfile.TemporaryDirectory(prefix="itmo-bench-") as name, strict_pair(Path(name)) as pair:
        yield pair


@asynccontextmanager
async def _target(
    field: Field, kind: TargetKind, servers: tuple[int, ...] = (), workers: int = 0
) -> AsyncIterator[Target]:
    """The target process, from its first word on; it is stopped in an orderly way."""
    described = write_target(field, kind, workers)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "broker.bench.target", str(described),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    if process.stdout is None:
        raise RuntimeError("the target has no standard output")
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS)
        if not line.strip():
            raise ProtocolError(
                Reason.BROKER_UNREACHABLE, "the measured process did not start; see its message"
            )
        yield Target(f"127.0.0.1:{int(line)}", process.pid, servers)
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)


def _check(field: Field, load: Load) -> None:
    """A measurement counts only if everything that was acknowledged is there."""
    with closing(field.books.open_reader()) as connection:
        row = connection.execute(
            "SELECT count(*) FROM transaction_record"
            " WHERE state = 'COMPLETED' AND type = 'TRANSFER'"
        ).fetchone()
    if row[0] < load.completed:
        raise ProtocolError(
            Reason.LEDGER_AUDIT_FAILED,
            f"{load.completed} transfers were acknowledged, the database holds {row[0]}",
        )


def _processor() -> str:
    try:
        lines = _MODEL.read_text().splitlines()
    except OSError:
        return platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )
