# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One measurement: the floor, the broker at saturation, the broker at half of that."""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker.bench.field import Field, build_field, write_target
from broker.bench.measure import Load, pace, saturate
from itmo.reasons import ProtocolError, Reason

_PAIRS: Final = 32
"""Pairs of registries, each with one transfer under way: a busy day's concurrency."""
_HIGHEST_RATE: Final = 2500
"""Transfers per second that are signed in advance, at most."""
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSettings:
    """How long and how wide to measure."""

    seconds: float = 8.0
    pairs: int = _PAIRS


async def measure(settings: BenchSettings, say: Callable[[str], None]) -> dict[str, object]:
    """Runs the measurement in a temporary directory and returns it as JSON-ready data.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED, when the database does not hold what was acknowledged.
    """
    with tempfile.TemporaryDirectory(prefix="itmo-bench-") as name:
        root = Path(name)
        say(f"preparing {settings.pairs} pairs of registries ...")
        field = await _field(root / "saturation", settings)
        say(f"floor: {settings.seconds:g} s ...")
        async with _target(field, floor=True) as address:
            floor = await saturate(address, field, settings.seconds, _per_pair(settings))
        field = await _field(root / "broker", settings)
        say(f"broker at saturation: {settings.seconds:g} s ...")
        async with _target(field, floor=False) as address:
            load = await saturate(address, field, settings.seconds, _per_pair(settings))
        _check(field, load)
        field = await _field(root / "half", settings)
        say(f"broker at half load, {load.per_second / 2:.0f} per second ...")
        async with _target(field, floor=False) as address:
            half = await pace(address, field, settings.seconds, load.per_second / 2)
        _check(field, half)
    return _report(settings, floor, load, half)


async def _field(directory: Path, settings: BenchSettings) -> Field:
    await asyncio.to_thread(directory.mkdir)
    return await build_field(directory, settings.pairs)


def _per_pair(settings: BenchSettings) -> int:
    return int(settings.seconds * _HIGHEST_RATE / settings.pairs)


@asynccontextmanager
async def _target(field: Field, *, floor: bool) -> AsyncIterator[str]:
    """The target process, from its first word on; it is stopped in an orderly way."""
    described = write_target(field, floor=floor)
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
        yield f"127.0.0.1:{int(line)}"
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)


def _check(field: Field, load: Load) -> None:
    """A measurement counts only if everything that was acknowledged is there."""
    connection = sqlite3.connect(field.database)
    try:
        row = connection.execute(
            "SELECT count(*) FROM transaction_record"
            " WHERE state = 'COMPLETED' AND type = 'TRANSFER'"
        ).fetchone()
    finally:
        connection.close()
    if row[0] < load.completed:
        raise ProtocolError(
            Reason.LEDGER_AUDIT_FAILED,
            f"{load.completed} transfers were acknowledged, the database holds {row[0]}",
        )


def _report(settings: BenchSettings, floor: Load, load: Load, half: Load) -> dict[str, object]:
    return {
        "machine": {
            "cpus": os.cpu_count(),
            "processor": platform.machine(),
            "python": platform.python_version(),
            "system": platform.system(),
        },
        "engine": f"SQLite {sqlite3.sqlite_version}",
        "durability": "WAL, synchronous FULL, answers after the commit",
        "runs": [
            {
                "mode": "unary, one transfer under way per pair, mutual TLS",
                "pairs": settings.pairs,
                "seconds": round(load.seconds, 2),
                "completed": load.completed,
                "throughput_per_s": round(load.per_second, 1),
                "floor_per_s": round(floor.per_second, 1),
                "ratio": round(load.per_second / floor.per_second, 3),
                "latency_ms": {
                    "at_per_s": round(half.per_second, 1),
                    "p50": half.percentile_ms(50),
                    "p95": half.percentile_ms(95),
                    "p99": half.percentile_ms(99),
                },
            }
        ],
    }
