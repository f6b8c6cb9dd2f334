# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Plays one attack while the honest go on, and says what did not hold."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from deploy.demo.programs import DemoFailed
from tests.attacks.catalogue import MACHINE_ATTACKS, Step
from tests.attacks.honest import RunningPair, SpeakingPair
from tests.attacks.identities import GIVER, SWITZERLAND
from tests.attacks.machine import Scene
from tests.attacks.network import NO_VARIABLES, found

ROOT: Final = Path(__file__).parents[2]
LEAST_DONE: Final = 0.9
"""Of the honest transfers that are due while an attack runs: it slows others by less than a tenth."""
MOST_LATENCY_MS: Final = 250.0
"""The 95th percentile of honest transfers while an attack runs."""
OF_NOBODY: Final = frozenset({"silent_connections", "silent_handshakes"})
"""Attacks that come from no node: who makes a connection is not known before the handshake, so that
those who connect wait for their turn, and those who are connected do not."""
MOST_ENTRY_SECONDS: Final = 5.0
"""For a node to connect meanwhile: gRPC pauses for a second or two after a connection was refused."""
MOST_MEMORY: Final = 384 * 1024 * 1024
"""Resident memory of the broker; about four times what it has at rest."""
FILES: Final = 512
"""Files that the broker may have open while connections are held without a word."""
RECOVERY_SECONDS: Final = 15.0
"""Within which an honest transfer goes through after an attack, and after a restart."""
_DISK_BYTES: Final = 1536 * 1024 * 1024
_END_SECONDS: Final = 60.0
_ASKED: Final = 200
"""Transfers of the running nodes that are asked for at the end."""


@dataclass(frozen=True, slots=True)
class Latencies:
    """Milliseconds from when a transfer was due to its receipt."""

    count: int
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Latencies:
        """Sums measurements up."""
        if len(seconds) < 2:
            return cls(len(seconds), 0.0, 0.0, 0.0)
        cut = statistics.quantiles(seconds, n=100, method="inclusive")
        return cls(len(seconds), *(round(cut[at - 1] * 1000, 1) for at in (50, 95, 99)))


@dataclass(frozen=True, slots=True)
class Played:
    """What came of an attack; no problems: everything held."""

    step: Step
    latencies: Latencies
    peak_rss: int
    told: dict[str, Any]
    problems: tuple[str, ...]


@contextlib.asynccontextmanager
async def staged(
    checkout: Path | None = None, variables: Mapping[str, str] = NO_VARIABLES
) -> AsyncIterator[Scene]:
    """A network with both honest pairs at work; everything is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="att-") as folder:
        home = Path(folder)
        disks = {name: home / name for name in ("broker", SWITZERLAND.node) if _mount(home / name)}
        try:
            network = await found(home, checkout, variables)
            scene = Scene(
                network, SpeakingPair(home, network.address), RunningPair(network.nodes), disks
            )
            await scene.speaking.start()
            try:
                yield scene
            finally:
                await scene.speaking.stop()
                await network.close()
        finally:
            for disk in disks.values():
                _unmount(disk)


def _mount(folder: Path) -> bool:
    """Gives a program a disk of its own, where this user may mount one."""
    folder.mkdir(mode=0o700)
    options = f"size={_DISK_BYTES},mode=0700"
    line = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    with contextlib.suppress(OSError):
        if subprocess.run(line, check=False, capture_output=True).returncode == 0:
            return True
    return False


def _unmount(disk: Path) -> None:
    subprocess.run(["umount", "--lazy", disk], check=False)


async def calm(scene: Scene, seconds: float) -> Latencies:
    """Measures the honest pair while nobody attacks."""
    scene.speaking.watch()
    await asyncio.sleep(seconds)
    return Latencies.of(scene.speaking.measured())


async def play(scene: Scene, step: Step) -> Played:
    """Plays an attack and looks at everything that must hold, during it and after."""
    network, speaking = scene.network, scene.speaking
    problems: list[str] = []
    told: dict[str, Any] = {}
    speaking.problems.clear()
    network.forget_memory()
    speaking.watch()
    if step.name in MACHINE_ATTACKS:
        attack = MACHINE_ATTACKS[step.name]
        try:
            problems += await attack(scene, Random(step.seed), step.seconds)
        except DemoFailed as failed:
            problems.append(f"not played to its end: {failed}")
        latencies = Latencies.of(())
    else:
        worked = network.broker_seconds().total
        connect = _get_in if step.name in OF_NOBODY else _dial
        told, kept_out = await asyncio.gather(assail(scene, step), connect(scene, step.seconds / 2))
        problems += kept_out
        problems += [told["failed"]] if "failed" in told else []
        told["broker_seconds"] = round(network.broker_seconds().total - worked, 2)
        measured = speaking.measured()
        latencies, done = Latencies.of(measured), len(speaking.latencies)
        if done < LEAST_DONE * (len(measured) - 1):  # one may be under way
            problems.append(f"{done} honest transfers were done of {len(measured)} that were due")
        if latencies.p95 > MOST_LATENCY_MS:
            problems.append(f"p95 of honest transfers is {latencies.p95} ms")
    problems += await _after(scene)
    network.note_memory()
    if network.peak_rss > MOST_MEMORY:
        problems.append(f"the broker had {network.peak_rss >> 20} MiB resident")
    return Played(step, latencies, network.peak_rss, told, tuple(problems))


async def _dial(scene: Scene, seconds: float) -> list[str]:
    """In the middle of the attack the honest pair has to connect anew."""
    await asyncio.sleep(seconds)
    await scene.speaking.dial()
    return []


async def _get_in(scene: Scene, seconds: float) -> list[str]:
    """In the middle of the attack a node connects; the pair's transfers go on over their own lines."""
    await asyncio.sleep(seconds)
    fresh = GIVER.speaker(scene.speaking.home, scene.speaking.address).channel
    try:
        await asyncio.wait_for(fresh.channel_ready(), MOST_ENTRY_SECONDS)
    except TimeoutError:
        return [f"an honest node did not get in within {MOST_ENTRY_SECONDS:g} s"]
    finally:
        await fresh.close()
    return []


async def assail(scene: Scene, step: Step, begun: asyncio.Event | None = None) -> dict[str, Any]:
    """Runs the attacker's process; it ends by itself, or is ended. Says when it has begun."""
    words = {
        "attack": step.name, "home": str(scene.network.home), "address": scene.network.address,
        "seconds": step.seconds, "number": step.number, "seed": step.seed,
    }  # fmt: skip
    limited = step.name.startswith("silent")
    with _few_files(scene.network.broker_pid) if limited else contextlib.nullcontext():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.attacks.hostile", json.dumps(words),
            cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto'}"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(step.seconds + _END_SECONDS):
                if process.stdout is not None:
                    await process.stdout.readline()
                if begun is not None:
                    begun.set()
                said, complaint = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            return {"failed": f"the attacker did not end within {_END_SECONDS:g} s of its time"}
    if process.returncode:
        return {"failed": f"the attacker failed: {complaint.decode(errors='replace')[-600:]}"}
    told: dict[str, Any] = json.loads(said)
    return told


@contextlib.contextmanager
def _few_files(pid: int) -> Any:  # noqa: ANN401  # a context manager
    """The broker may open few files, as on a machine that was left as it was installed."""
    was = resource.prlimit(pid, resource.RLIMIT_NOFILE, (FILES, 20_000))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, was)


async def _after(scene: Scene) -> list[str]:
    """What must hold after every attack."""
    network, problems = scene.network, []
    if (status := network.ended("broker")) is not None:
        tail = dict(network.programs.tails())
        said = next((lines for name, lines in tail.items() if name.startswith("broker")), [])
        problems.append(f"the broker has ended with {status}: {' | '.join(said[-3:])[-600:]}")
        await scene.start_broker()
    try:
        await network.programs.broker("status")
    except DemoFailed as failed:
        problems.append(f"broker status: {failed}")
    if (wrong := await scene.speaking.another(RECOVERY_SECONDS)) is not None:
        problems.append(wrong)
    try:
        async with asyncio.timeout(RECOVERY_SECONDS):
            await scene.running.there_and_back(scene.next_unit())
    except (DemoFailed, TimeoutError) as failed:
        problems.append(f"the running nodes: {failed!r}")
    problems += scene.speaking.problems + network.complaints()
    return problems


async def settle(scene: Scene, choose: Random) -> tuple[int, dict[str, object]]:
    """Stops the honest; returns how much of what they were told is lost, and what `verify` says."""
    speaking, running = scene.speaking, scene.running
    await speaking.pause()
    speaking.problems.clear()
    lost = await speaking.replay(choose)
    lost += speaking.missing(scene.network.home / "broker" / "broker.sqlite")
    told = running.completed
    lost += await running.missing(choose.sample(told, min(_ASKED, len(told))))
    return lost, await scene.network.verify()
