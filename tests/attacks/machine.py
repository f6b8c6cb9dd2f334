# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What happens to the machine and to a tired operator: kills, clocks, keys, old files, full disks.

Each returns what did not hold, and leaves the network running as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from deploy.demo.programs import DemoFailed, Service
from itmo.core.v1 import units_pb2
from itmo.keys import generate_key_file
from registry_node.app import DATABASE
from tests.attacks.honest import RunningPair, SpeakingPair
from tests.attacks.identities import SERVED, SWITZERLAND, TAKER, THAILAND
from tests.attacks.network import Network

FAKETIME: Final = next(
    iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), Path("/nowhere")
)
"""Debian's package faketime: moves the clock of one process while it runs."""
AHEAD: Final = "+400d"
JUMP_SECONDS: Final = 3.0
FULL_SECONDS: Final = 3.0
_FIRST_FRAME: Final = 64
"""Within the first frame of a write-ahead log: those after it may be of an earlier round."""
_STOP_SECONDS: Final = 45
"""Longer than the broker's own watchdog around its stop."""


@dataclass
class Scene:
    """Everything that is played with.

    Attributes:
        network: The programs.
        speaking: The honest pair that is measured.
        running: The honest pair of programs.
        disks: Programs with a disk of their own, and where it is mounted; none where this user may not.
        units: How many units the running pair has moved.
    """

    network: Network
    speaking: SpeakingPair
    running: RunningPair
    disks: dict[str, Path] = field(default_factory=dict)
    units: int = 0

    async def start_broker(self, environment: dict[str, str] | None = None) -> None:
        """Starts the broker; both pairs find it again."""
        await self.network.start_broker(environment or {})
        await self.speaking.dial()

    async def stop_broker(self) -> list[str]:
        """Ends the broker as a service manager does; says when it does not end in order."""
        self.network.note_memory()
        service = self.network.programs.services["broker"]
        before = service.log.stat().st_size
        service.process.send_signal(signal.SIGTERM)
        try:
            status = await asyncio.to_thread(service.process.wait, _STOP_SECONDS)
        except Exception:  # noqa: BLE001  # still there
            self.network.kill("broker")
            return [f"the broker does not stop within {_STOP_SECONDS} s"]
        if status:
            return [f"SIGTERM ends the broker with {status}: {_said(service, before)}"]
        return []

    def next_unit(self) -> int:
        """A unit of Thailand that was never moved."""
        self.units += 1
        return self.units


def _said(service: Service, since: int) -> str:
    with service.log.open("rb") as log:
        log.seek(since)
        said = log.read().decode(errors="replace").strip().splitlines()
    loud = [line for line in said if '"rpc"' not in line and " rpc " not in line]
    return " | ".join(loud[-4:])[-600:]


# -- kills ----------------------------------------------------------------------------------------


async def killed_broker(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """The broker is killed in the middle of transfers and started again."""
    await asyncio.sleep(choose.uniform(0.0, 0.5))
    scene.network.kill("broker")
    await scene.start_broker()
    return []


async def killed_node(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """A node is killed right after an offer was acknowledged; the transfer completes all the same."""
    unit = scene.next_unit()
    block = units_pb2.UnitBlock(registry=THAILAND.registry, first=unit, last=unit)
    nodes = scene.network.nodes
    offered = await nodes[THAILAND.node].offer(THAILAND.account, SWITZERLAND.account, [block])
    victim = choose.choice([each.node for each in SERVED])
    await asyncio.sleep(choose.uniform(0.0, 0.1))
    scene.network.kill(victim)
    await scene.network.start_node(victim)
    for each in SERVED:
        await nodes[each.node].until(offered.transaction_id, "COMPLETED")
    scene.running.completed.append((THAILAND.node, offered.transaction_id))
    return []


async def stopped_under_load(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """The broker is told to stop while transfers go on, once for every two seconds of the attack."""
    problems = []
    for _ in range(max(1, round(seconds / 2))):
        await asyncio.sleep(choose.uniform(0.3, 1.3))  # the tick comes once a second
        problems += await scene.stop_broker()
        await scene.start_broker()
    return problems


# -- the operator ---------------------------------------------------------------------------------


async def wrong_key(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """The broker is started with a key that is not registered."""
    name = choose.choice(["message", "operator"])
    problems = await scene.stop_broker()
    key = scene.network.home / "broker" / "keys" / f"{name}.pem"
    kept = key.rename(key.with_suffix(".kept"))
    generate_key_file(key)
    with contextlib.suppress(DemoFailed):
        await scene.network.programs.broker("check-config")
        problems.append(f"check-config takes an unregistered key for {name}")
    try:
        await scene.network.broker_refuses()
    except DemoFailed as failed:
        problems.append(f"with another key for {name}: {failed}")
        _end(scene.network)
    kept.replace(key)
    await scene.start_broker()
    return problems


def _end(network: Network) -> None:
    """Ends a broker that should not have been serving."""
    if network.ended("broker") is None:
        network.programs.kill("broker")


async def lost_wal(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """Between a kill and the start the broker's write-ahead log is deleted, cut or changed."""
    await asyncio.sleep(choose.uniform(0.2, 1.2))
    scene.network.kill("broker")
    database = scene.network.home / "broker" / "broker.sqlite"
    what, kept = _spoil(database, choose)
    try:
        await scene.start_broker()
    except DemoFailed as failed:
        if scene.network.ended("broker") not in {1, 2}:
            return [f"the write-ahead log was {what}: {failed}"]
        _put_back(database, kept)
        await scene.start_broker()
    missing = scene.speaking.missing(database)  # it may have held nothing that was not in the file
    return [f"the write-ahead log was {what}: {missing} answers are lost"] if missing else []


async def node_lost_wal(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """The same at a node: it serves only where nothing is missing."""
    name = THAILAND.node
    await scene.running.there_and_back(scene.next_unit())
    scene.network.kill(name)
    database = scene.network.home / name / "data" / DATABASE
    what, kept = _spoil(database, choose)
    try:
        await scene.network.start_node(name)
    except DemoFailed as failed:
        if scene.network.ended(name) not in {1, 2, 4}:
            return [f"the node's write-ahead log was {what}: {failed}"]
        _put_back(database, kept)
        await scene.network.start_node(name)
    missing = await scene.running.missing(scene.running.completed[-2:])
    return [f"the node's write-ahead log was {what}: {missing} are lost"] if missing else []


def _spoil(database: Path, choose: Random) -> tuple[str, dict[Path, bytes]]:
    """Spoils a write-ahead log; says how, and what the files of the database were."""
    wal = database.with_name(f"{database.name}-wal")
    kept = {each: each.read_bytes() for each in database.parent.glob(f"{database.name}*")}
    content = kept.get(wal, b"")
    what = choose.choice(["deleted", "cut", "changed"])
    if what == "deleted" or len(content) <= _FIRST_FRAME:
        wal.unlink(missing_ok=True)
        database.with_name(f"{database.name}-shm").unlink(missing_ok=True)
    elif what == "cut":
        wal.write_bytes(content[: choose.choice([_FIRST_FRAME, len(content) // 2])])
    else:
        at = _FIRST_FRAME
        wal.write_bytes(content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :])
    return what, kept


def _put_back(database: Path, kept: dict[Path, bytes]) -> None:
    for each in database.parent.glob(f"{database.name}*"):
        if each not in kept:
            each.unlink()
    for each, was in kept.items():
        each.write_bytes(was)


# -- the clock ------------------------------------------------------------------------------------


def faketime(file: Path) -> dict[str, str]:
    """The environment of a process whose clock follows a file."""
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


async def clock_ahead(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """The clock of the broker's machine stands 400 days ahead for three seconds."""
    file = scene.network.home / "broker-clock"
    file.write_text("+0")
    problems = await scene.stop_broker()
    await scene.start_broker(faketime(file))
    if (wrong := await scene.speaking.another(10)) is not None:
        return [f"under faketime, before the jump: {wrong}"]
    waiting = await _offer_that_waits(scene)
    file.write_text(AHEAD)
    await asyncio.sleep(JUMP_SECONDS)
    file.write_text("+0")
    if (wrong := await scene.speaking.another(15)) is not None:
        problems.append(f"after the jump: {wrong}")
    if (state := _state(scene, waiting)) != "VALIDATED":
        problems.append(f"an offer with a day to go is {state}")
    if scene.network.ended("broker") is None:
        problems += await scene.stop_broker()
    await scene.start_broker()
    return problems


async def clock_ahead_at_start(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """The broker is started on a machine whose clock stands 400 days ahead."""
    file = scene.network.home / "broker-clock"
    file.write_text(AHEAD)
    waiting = await _offer_that_waits(scene)
    problems = await scene.stop_broker()
    scene.network.programs.serve("broker", faketime(file))
    await asyncio.sleep(JUMP_SECONDS + 2)
    _end(scene.network)
    if (state := _state(scene, waiting)) != "VALIDATED":
        problems.append(f"an offer with a day to go is {state}")
    await scene.start_broker()
    return problems


async def _offer_that_waits(scene: Scene) -> str:
    """Thailand offers a unit to a registry that does not answer; returns the transaction."""
    unit = scene.next_unit()
    block = units_pb2.UnitBlock(registry=THAILAND.registry, first=unit, last=unit)
    node = scene.network.nodes[THAILAND.node]
    offered = await node.offer(THAILAND.account, TAKER.account, [block])
    return offered.transaction_id


def _state(scene: Scene, transaction_id: str) -> str:
    """Where the broker's database has a transaction."""
    database = scene.network.home / "broker" / "broker.sqlite"
    wanted = "SELECT state FROM transaction_record WHERE transaction_id = ?"
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return str(connection.execute(wanted, (transaction_id,)).fetchone()[0])


async def node_clock_ahead(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """The clock of a node's machine stands 400 days ahead for seconds, in which it signs an offer."""
    name = THAILAND.node
    file = scene.network.home / f"{name}-clock"
    file.write_text("+0")
    scene.network.kill(name)
    await scene.network.start_node(name, faketime(file))
    file.write_text(AHEAD)
    await asyncio.sleep(1.5)  # it looks at the file once a second
    with contextlib.suppress(DemoFailed, TimeoutError):  # whatever comes of it
        async with asyncio.timeout(JUMP_SECONDS):
            await _offer_that_waits(scene)
    file.write_text("+0")
    await asyncio.sleep(1.5)
    problems = []
    try:
        async with asyncio.timeout(40):
            await scene.running.there_and_back(scene.next_unit())
    except (DemoFailed, TimeoutError) as failed:
        problems.append(f"after the jump {name} is stuck: {failed!r}")
    scene.network.kill(name)
    await scene.network.start_node(name)
    return problems


# -- the disk -------------------------------------------------------------------------------------


async def full_disk(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """The broker's disk is full for three seconds."""
    log = scene.network.programs.services["broker"]
    before = log.log.stat().st_size
    with _full(scene, "broker"):
        await asyncio.sleep(FULL_SECONDS)
    await asyncio.sleep(1.5)
    status = scene.network.ended("broker")
    if status is None:
        return []
    said = _said(log, before)
    await scene.start_broker()  # as a service manager does
    return [] if status == 4 and "fail_stop" in said else [f"ended with {status}, saying: {said}"]


async def node_full_disk(scene: Scene, choose: Random, seconds: float) -> list[str]:
    """A node's disk is full for three seconds, while a unit is offered to it."""
    victim = SWITZERLAND.node
    service = scene.network.programs.services[victim]
    before = service.log.stat().st_size
    unit = scene.next_unit()
    block = units_pb2.UnitBlock(registry=THAILAND.registry, first=unit, last=unit)
    nodes = scene.network.nodes
    with _full(scene, victim):
        offered = await nodes[THAILAND.node].offer(THAILAND.account, SWITZERLAND.account, [block])
        await asyncio.sleep(FULL_SECONDS)
    problems = []
    status, said = scene.network.ended(victim), _said(service, before)
    if "full" not in said:
        problems.append(f"{victim} has not told of its full disk, saying: {said}")
    if status is not None:
        if status not in {1, 2}:
            problems.append(f"{victim} ended with {status}, saying: {said}")
        await scene.network.start_node(victim)  # as a service manager does
    for each in SERVED:
        await nodes[each.node].until(offered.transaction_id, "COMPLETED")
    scene.running.completed.append((THAILAND.node, offered.transaction_id))
    return problems


@contextlib.contextmanager
def _full(scene: Scene, program: str) -> Iterator[None]:
    """No file of a program can grow: its disk is full, or its process may not write on."""
    disk = scene.disks.get(program)
    if disk is None:
        pid = scene.network.programs.services[program].process.pid
        hard = resource.RLIM_INFINITY
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
        yield
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        return
    ballast = disk / "ballast"
    free = shutil.disk_usage(disk).free
    handle = os.open(ballast, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        with contextlib.suppress(OSError):
            os.posix_fallocate(handle, 0, free)
        for size in (65536, 4096):  # what was freed in between
            try:
                while True:
                    os.write(handle, bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        yield
    finally:
        os.close(handle)
        ballast.unlink()


ATTACKS: Final = {
    "A4": (clock_ahead, clock_ahead_at_start, node_clock_ahead),
    "A5": (wrong_key,),
    "B1": (lost_wal, node_lost_wal),
    "B2": (full_disk,),
    "B9": (node_full_disk,),
    "B3": (stopped_under_load,),
    "kill": (killed_broker, killed_node),
}
NEEDS_FAKETIME: Final = frozenset({clock_ahead, clock_ahead_at_start, node_clock_ahead})
