# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What else this machine does in a second: the disk's and other programs' figures, to compare with."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker.bench.servers import as_other, made_for_servers, missing, programs
from broker.store.engines import DATABASE_ID
from itmo.runtime.db.sqlite import open_writer

_GROUP: Final = 64
_ROWS_OF_A_TRANSFER: Final = 3
"""Two balances and a line of history, as in the benchmarks of others."""
_SCALE: Final = 10
_CLIENTS: Final = 8
_START_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another program on the same machine, in the same run.

    Attributes:
        name: What was measured.
        per_second: How often; None where it could not be measured.
        unit: Of what.
        note: Under which conditions, or why not.
    """

    name: str
    per_second: float | None
    unit: str
    note: str


def raw_sqlite(directory: Path, seconds: float) -> Neighbour:
    """Transfers without a broker: two balances and a line, 64 transfers in a durable commit."""
    path = directory / "raw.sqlite"
    with closing(open_writer(path, application_id=DATABASE_ID)) as db:
        db.execute("CREATE TABLE balance (account INTEGER PRIMARY KEY, units INTEGER NOT NULL)")
        db.execute("CREATE TABLE history (id INTEGER PRIMARY KEY, taken INTEGER, given INTEGER)")
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO balance VALUES (?, 0)", ((each,) for each in range(10_000)))
        db.execute("COMMIT")
        moved, began = 0, time.perf_counter()
        while time.perf_counter() < began + seconds:
            pairs = [
                (7 * each % 10_000, (7 * each + 1) % 10_000)
                for each in range(moved, moved + _GROUP)
            ]
            db.execute("BEGIN IMMEDIATE")
            for change, place in (("-", 0), ("+", 1)):
                db.executemany(
                    f"UPDATE balance SET units = units {change} 1 WHERE account = ?",  # noqa: S608  # a sign
                    [(each[place],) for each in pairs],
                )
            db.executemany("INSERT INTO history (taken, given) VALUES (?, ?)", pairs)
            db.execute("COMMIT")
            moved += _GROUP
        spent = time.perf_counter() - began
    return Neighbour(
        "SQLite alone", moved / spent, "transfers",
        f"{sqlite3.sqlite_version}, WAL, synchronous FULL, {_GROUP} in a commit,"
        f" {_ROWS_OF_A_TRANSFER} rows each, no messages, no signatures, no rules",
    )  # fmt: skip


async def pgbench(directory: Path, seconds: float) -> Neighbour:
    """PostgreSQL's own benchmark, where its programs are installed; a server of its own is started."""
    name, unit = "PostgreSQL, pgbench TPC-B", "transactions"
    found = programs()
    if found is None or missing(driver=False):
        return Neighbour(name, None, unit, missing(driver=False))
    place = await asyncio.to_thread(made_for_servers, directory)

    async def run(program: str, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *as_other(), str(found / program), *arguments, cwd=place,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        wait = process.communicate() if program != "pg_ctl" else _left_open(process)
        said, _ = await asyncio.wait_for(wait, seconds + _START_SECONDS)
        if process.returncode:
            raise RuntimeError(f"{program}: {said.decode(errors='replace')[-300:]}")
        return said.decode(errors="replace")

    data, log = str(place / "data"), str(place / "log")
    options = f"-k {place} -c listen_addresses='' -c shared_buffers=256MB"
    within = ("-h", str(place), "-U", "bench", "postgres")
    try:
        await run("initdb", "-D", data, "-U", "bench", "-A", "trust")
        await run("pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
        try:
            await run("pgbench", "-i", "-q", "-s", str(_SCALE), *within)
            clients = ("-c", str(_CLIENTS), "-j", "2", "-T", str(max(1, int(seconds))))
            said = await run("pgbench", "-M", "prepared", *clients, *within)
        finally:
            await run("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    except (RuntimeError, OSError, TimeoutError) as error:
        return Neighbour(name, None, unit, f"did not run: {error}")
    rate = re.search(r"tps = ([0-9.]+)", said)
    version = re.search(r"PostgreSQL\)? ?([0-9.]+)", said)
    note = f"scale {_SCALE}, {_CLIENTS} clients, prepared, synchronous_commit on"
    return Neighbour(
        name,
        float(rate[1]) if rate else None,
        unit,
        f"version {version[1]}, {note}" if version else note,
    )


async def _left_open(process: asyncio.subprocess.Process) -> tuple[bytes, None]:
    # The server that pg_ctl starts keeps its output open: it ends, the output does not.
    await process.wait()
    return b"", None
