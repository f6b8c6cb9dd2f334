# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A real broker under a mixed load for a long while, and whether it stayed as it was: `python -m tests.bench.soak`.

It finds first what the machine clears of that load, and then keeps to a share of it. Meanwhile it looks
again and again at what the broker holds: memory, files, threads, tasks, streams, connections, queues, the
write-ahead log. A line through each figure must be flat; afterwards, with every node gone, the broker must
hold as much as before the first came. Exit status 0: it is and does; 1: something grows or stays.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import gc
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from broker.bench.field import Field, build_field
from broker.cli.operator_link import OperatorLink, operator_link
from deploy.demo.programs import free_address
from itmo.runtime.db.sqlite import AUTOCHECKPOINT_PAGES, WRITER_CACHE_KIB
from tests.bench.flatness import Bound, rises
from tests.bench.mixed_load import Trading
from tests.bench.workers import write_settings

BOUNDS: Final[Mapping[str, Bound]] = {
    "memory_besides_mb": Bound(8.0, 0.03),
    "descriptors": Bound(4, 0.1),
    "threads": Bound(4, 0.1),
    "loop_tasks": Bound(8, 0.1),
    "streams": Bound(4, 0.1),
    "connections": Bound(4, 0.1),
    "calls": Bound(8, 0.1),
    "queue": Bound(8),
    "open_transactions": Bound(150),
    "undelivered": Bound(300),
    "wal_besides_mb": Bound(8.0),
    "bytes_per_transfer": Bound(256, 0.1),
}
"""Memory is judged without the pages of the database that the writer keeps, as many as there are or as it may
have. Eight megabytes are 5 KB for each transfer of a short run, and some bytes of a long one. Open transactions and
deliveries come and go in batches of 64. The write-ahead log is judged beyond the size at which it is begun anew.
What a transfer takes of the disk, some 4 KB, is a mean from the beginning on."""
AFTERWARDS: Final[Mapping[str, float]] = {
    "descriptors": 2, "threads": 4, "loop_tasks": 2, "streams": 0, "connections": 0, "calls": 0,
    "queue": 0, "undelivered": 0, "open_transactions": 0,
}  # fmt: skip
"""By how much the broker may hold more when all have gone than before the first came."""
LEAST_SAMPLES: Final = 12
_LOOKS: Final = 120
"""Of a short soak. Tasks of a loop come and go by a tenth: a line through 15 looks rose by more than that in two
runs of fifteen where nothing grew, and through 90, reckoned from that, in one of a thousand."""
_TOLD_SAMPLES: Final = 30
_START_SECONDS: Final = 60.0
_QUIET_SECONDS: Final = 10.0
_MB: Final = 1 << 20
_LOG_BYTES: Final = AUTOCHECKPOINT_PAGES * (4_096 + 24)
"""A write-ahead log at the size at which it is begun anew: pages, each with its head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakSettings:
    """How long and how wide.

    Attributes:
        finding: Seconds in which the most is found.
        seconds: Of the soak itself.
        share: Of the most that is kept to.
        pairs: Of nodes.
    """

    finding: float
    seconds: float
    share: float
    pairs: int
    seed: int


@dataclass
class Soak:
    """One soak of one broker."""

    settings: SoakSettings
    field: Field
    address: str
    process: subprocess.Popen[bytes]
    say: Callable[[str], None]
    samples: list[tuple[float, dict[str, float]]] = dataclasses.field(default_factory=list)

    async def play(self) -> dict[str, Any]:
        """Finds the most, keeps to a share of it, and judges."""
        settings = self.settings
        socket = self.field.directory / "operator.sock"
        await self._serves(socket)
        async with operator_link(socket) as link:
            if link is None:
                raise RuntimeError("the broker does not serve")
            before = await self._figures(link)
            random = Random(settings.seed)
            trading = [
                Trading(self.address, pair, Random(random.random())) for pair in self.field.pairs
            ]
            for each in trading:
                each.dial()
            try:
                most = await self._drive(trading, settings.finding, None)
                rate = most * settings.share
                self.say(f"{most:.0f} exchanges per second at most; {rate:.0f} from here on")
                began, did = time.perf_counter(), _done(trading)
                async with asyncio.TaskGroup() as group:
                    looking = group.create_task(self._look(link, trading, began))
                    kept = await self._drive(trading, settings.seconds, settings.pairs / rate)
                    looking.cancel()
                await self._delivered(link)
            finally:
                await asyncio.gather(*(each.hang_up() for each in trading))
                gc.collect()
            after = await self._after(link, before)
        return self._told(most, kept, trading, did, (before, after))

    async def _drive(
        self, trading: Sequence[Trading], seconds: float, interval: float | None
    ) -> float:
        """Exchanges for so long; returns how many there were per second."""
        for each in trading:
            each.latencies.clear()
        began = time.perf_counter()
        await asyncio.gather(*(each.until(began + seconds, interval) for each in trading))
        spent = time.perf_counter() - began
        return sum(len(each.latencies) for each in trading) / spent

    async def _serves(self, socket: Path) -> None:
        async with asyncio.timeout(_START_SECONDS):
            while True:
                async with operator_link(socket) as link:
                    if link is not None:
                        return
                await asyncio.sleep(0.1)

    async def _delivered(self, link: OperatorLink) -> None:
        """Until every node has taken its mailbox; what is not taken for long stays to be told."""
        until = time.monotonic() + _QUIET_SECONDS
        while (await self._figures(link))["undelivered"] and time.monotonic() < until:  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.2)

    async def _after(self, link: OperatorLink, before: Mapping[str, float]) -> dict[str, float]:
        """What is held once all have gone; what ends by itself is given some time for it."""
        until = time.monotonic() + _QUIET_SECONDS
        while True:
            after = await self._figures(link)
            if not _stayed(before, after) or time.monotonic() > until:
                return after
            await asyncio.sleep(0.2)

    async def _look(self, link: OperatorLink, trading: Sequence[Trading], began: float) -> None:
        pause = min(5.0, self.settings.seconds / _LOOKS)
        first = await self._figures(link)
        transfers = _done(trading)["transfers"]
        while True:
            await asyncio.sleep(pause)
            found = await self._figures(link)
            made = _done(trading)["transfers"] - transfers
            found["bytes_per_transfer"] = (
                (found["database_mb"] - first["database_mb"]) * _MB / max(made, 1)
            )
            self.samples.append((time.perf_counter() - began, found))
            if len(self.samples) % LEAST_SAMPLES == 0:
                self.say(", ".join(f"{name} {value:.4g}" for name, value in found.items()))

    async def _figures(self, link: OperatorLink) -> dict[str, float]:
        told = await link.status()
        process, database = Path(f"/proc/{self.process.pid}"), self.field.database
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        wal = database.with_name(f"{database.name}-wal")
        memory = int(status["VmRSS"].split()[0]) / 1024
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reading:
            # What the file will have once the log is in it: that comes in steps.
            (count,), (size,) = (
                reading.execute(f"PRAGMA page_{n}").fetchone() for n in ("count", "size")
            )
        pages = count * size / _MB
        return {
            "memory_mb": memory,
            "memory_besides_mb": memory - min(pages, WRITER_CACHE_KIB / 1024),
            "descriptors": sum(1 for _ in (process / "fd").iterdir()),
            "threads": int(status["Threads"]),
            "loop_tasks": told.door.loop_tasks,
            "streams": told.door.streams,
            "connections": told.door.connections,
            "calls": told.door.calls + told.door.waiting_calls,
            "queue": told.queue_depth,
            "open_transactions": told.open_transactions,
            "undelivered": sum(
                each.last_sequence - each.acknowledged_sequence for each in told.mailboxes
            ),
            "wal_besides_mb": max(0.0, wal.stat().st_size - _LOG_BYTES) / _MB,
            "database_mb": pages,
        }

    def _told(
        self,
        most: float,
        kept: float,
        trading: Sequence[Trading],
        did: Counter[str],
        ends: tuple[dict[str, float], dict[str, float]],
    ) -> dict[str, Any]:
        found = rises(self.samples, BOUNDS)
        stayed = _stayed(*ends)
        wrong = [f"{each.name} rose by {each.rise:.4g}" for each in found if not each.flat]
        wrong += [f"{name}: {value:g} more than before" for name, value in stayed.items()]
        waits = sorted(wait for each in trading for wait in each.latencies)
        return {
            "ok": not wrong,
            "wrong": wrong,
            "most_per_second": round(most, 1),
            "kept_per_second": round(kept, 1),
            "seconds": self.settings.seconds,
            "done": dict(_done(trading) - did),
            "put_off": sum(each.giver.shed + each.taker.shed for each in trading),
            "latency_ms": {
                str(percent): round(1000 * statistics.quantiles(waits, n=100)[percent - 1], 1)
                for percent in (50, 99)
            },
            "figures": [asdict(each) | {"flat": each.flat} for each in found],
            "samples": [
                {"second": round(at)} | {name: round(value, 1) for name, value in seen.items()}
                for at, seen in self.samples[:: max(1, len(self.samples) // _TOLD_SAMPLES)]
            ],
            "before": ends[0],
            "after": ends[1],
            "busy": round(os.getloadavg()[2], 1),
        }


def _done(trading: Sequence[Trading]) -> Counter[str]:
    return sum((each.done for each in trading), Counter[str]())


def _stayed(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What is held of that should have been let go."""
    more = {name: after[name] - before[name] for name in AFTERWARDS}
    return {name: value for name, value in more.items() if value > AFTERWARDS[name]}


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """The figures for people."""
    lines = [f"{'':20}{'first':>10}{'last':>10}{'mean':>10}{'most':>10}{'rise':>10}{'allowed':>10}"]
    for each in found:
        cells = "".join(
            f"{each[name]:>10.4g}"
            for name in ("first", "last", "mean", "highest", "rise", "allowed")
        )
        lines.append(f"{each['name']:20}{cells}{'' if each['flat'] else '  GROWS'}")
    return "\n".join(lines)


async def soak(
    home: Path, settings: SoakSettings, say: Callable[[str], None], program: Sequence[str] = ()
) -> dict[str, Any]:
    """Soaks a broker in a folder.

    Args:
        home: The folder.
        settings: How long and how wide.
        say: Is told how far it is.
        program: What is started in place of the broker's own program.
    """
    made, address = await build_field(home, settings.pairs), free_address()
    write_settings(made, address)
    command = [*(program or (sys.executable, "-m", "broker")), "--dir", str(home)]
    # The field was made without the head that a broker keeps beside its database.
    head = [sys.executable, "-m", "broker", "--dir", str(home), "head", "--accept-loss", "--yes"]
    subprocess.run(head, check=True, stdout=subprocess.DEVNULL)  # noqa: ASYNC221  # nothing else goes on
    process = subprocess.Popen([*command, "serve"])  # noqa: ASYNC220  # likewise
    try:
        return await Soak(settings, made, address, process, say).play()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)  # likewise


def main() -> None:
    """Soaks, prints the verdict as JSON and the figures beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--share", type=float, default=0.7)
    parser.add_argument("--finding", type=float, default=30.0, help="seconds")
    parser.add_argument("--pairs", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    settings = SoakSettings(
        finding=asked.finding,
        seconds=asked.minutes * 60,
        share=asked.share,
        pairs=asked.pairs,
        seed=asked.seed,
    )
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {line}", file=sys.stderr, flush=True)  # noqa: T201  # progress

    with tempfile.TemporaryDirectory(prefix="itmo-soak-") as name:
        told = asyncio.run(soak(Path(name), settings, say))
    print(table(told["figures"]), file=sys.stderr)  # noqa: T201  # asked for
    print(json.dumps(told, indent=1))  # noqa: T201  # asked for
    sys.exit(0 if told["ok"] else 1)


if __name__ == "__main__":
    main()
