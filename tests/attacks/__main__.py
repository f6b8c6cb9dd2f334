# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.attacks`: attacks in an order that follows from a seed, with kills in between.

Exit status 0: everything held; 1: something did not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from tests.attacks.alternating import SETTLE, alternate, told
from tests.attacks.catalogue import FLOODS, NAMES, Step, schedule
from tests.attacks.machine import FAKETIME, Scene
from tests.attacks.play import (
    MOST_LATENCY_MS,
    MOST_MEMORY,
    Latencies,
    Played,
    calm,
    play,
    settle,
    staged,
)


def main(words: list[str]) -> int:
    """Plays until the time is over and prints what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=NAMES, help="this attack again and again")
    parser.add_argument("--steps", type=int, default=10**9, help="at most so many attacks")
    parser.add_argument("--calm", type=float, default=10.0, help="seconds measured without attack")
    parser.add_argument("--alternate", type=int, metavar="PAIRS", help="windows with and without")
    parser.add_argument("--window", type=float, default=3.0, help="seconds of a window")
    parser.add_argument(
        "--settle", type=float, default=SETTLE, help="seconds of a flood before its window"
    )
    parser.add_argument("--floods", default=",".join(FLOODS), help="those that are alternated")
    parser.add_argument("--workers", type=int, default=0, help="of the broker")
    parser.add_argument("--postgresql", action="store_true", help="on a server of its own")
    parser.add_argument("--plan", action="store_true", help="print the order, play nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    parser.add_argument("--checkout", type=Path, help="attack the programs of another checkout")
    options = parser.parse_args(words)
    if options.plan:
        _print_plan(options)
        return 0
    if not FAKETIME.exists():
        _say("attacks on clocks are left out: install the package faketime")
    # Whoever ends this leaves no program behind.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with _engine(options) as variables:
        run = _run if options.alternate is None else _alternate
        summary = asyncio.run(run(options, variables))
    print(json.dumps(summary, indent=2 if options.json else None))
    return 0 if summary["held"] else 1


@contextmanager
def _engine(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """The settings of the broker: its workers, and the database of a server that goes away."""
    variables = {"ITMO_BROKER_SERVER__WORKERS": str(options.workers)} if options.workers else {}
    if not options.postgresql:
        yield variables
        return
    from tests.kit.postgres import server

    with server("fsync=on") as running:
        yield {**variables, "ITMO_BROKER_DATABASE__URL": f'"{running.fresh()}"'}


async def _alternate(options: argparse.Namespace, variables: dict[str, str]) -> dict[str, Any]:
    floods = []
    async with staged(options.checkout, variables) as scene:
        for name in options.floods.split(","):
            compared = await alternate(
                scene, name, options.alternate, options.window, options.settle, options.seed
            )
            floods.append(told(compared))
            _say(json.dumps(floods[-1]))
        await scene.speaking.pause()
        lost = await scene.speaking.replay(Random(options.seed))
        verified = await scene.network.verify()
    held = all(each["slowed_by_less_than_a_tenth"] for each in floods)
    return {
        "held": held and not lost and not any(verified.values()),
        "workers": options.workers,
        "engine": "postgresql" if options.postgresql else "sqlite",
        "window_seconds": options.window,
        "settle_seconds": options.settle,
        "floods": floods,
        "lost": lost,
        "verify": verified,
    }


def _print_plan(options: argparse.Namespace) -> None:
    left = options.seconds
    for step in schedule(options.seed, options.only):
        if left <= 0 or step.number > options.steps:
            return
        left -= step.seconds
        print(f"{step.number:4} {step.line:4} {step.name:30} {step.seconds:4} s  {step.sentence}")


async def _run(options: argparse.Namespace, variables: dict[str, str]) -> dict[str, Any]:
    began = time.monotonic()
    played: list[Played] = []
    async with staged(options.checkout, variables) as scene:
        before = await calm(scene, options.calm)
        _say(f"without attack: {before}")
        for step in schedule(options.seed, options.only):
            if time.monotonic() - began > options.seconds or step.number > options.steps:
                break
            if "clock" in step.name and not FAKETIME.exists():
                continue
            played.append(await play(scene, step))
            _tell(played[-1], began)
        after = await calm(scene, options.calm)
        return await _summary(options, scene, played, (before, after), time.monotonic() - began)


def _tell(one: Played, began: float) -> None:
    step: Step = one.step
    said = "held" if not one.problems else "; ".join(one.problems)
    _say(
        f"{time.monotonic() - began:6.0f} s {step.number:4} {step.line:4} {step.name:30}"
        f" p95 {one.latencies.p95:7} ms of {one.latencies.count:4}"
        f" {one.peak_rss >> 20:4} MiB {one.told.get('seen', '')} {said}"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


async def _summary(
    options: argparse.Namespace,
    scene: Scene,
    played: list[Played],
    quiet: tuple[Latencies, Latencies],
    seconds: float,
) -> dict[str, Any]:
    """Stops the honest, compares everything they were told, and verifies all programs."""
    acknowledged = len(scene.speaking.acknowledged) + len(scene.running.completed)
    lost, verified = await settle(scene, Random(options.seed))
    problems = [
        {"step": asdict(one.step), "problems": one.problems} for one in played if one.problems
    ]
    problems += [{"step": "at the end", "problems": scene.speaking.problems}] * bool(
        scene.speaking.problems
    )
    attacked = [one for one in played if one.latencies.count]
    return {
        "held": not problems and not lost and not any(verified.values()),
        "seed": options.seed,
        "seconds": round(seconds),
        "machine": {
            "cpus": os.cpu_count(),
            "processor": platform.machine(),
            "python": platform.python_version(),
            "system": platform.platform(),
            "shared": "broker, nodes, honest pair and attacker (nice 19) on the same cores",
        },
        "attacks": dict(Counter(one.step.name for one in played)),
        "latency_ms": {
            "without": [asdict(each) for each in quiet],
            "bound_p95": MOST_LATENCY_MS,
            "with": {
                name: max(
                    (asdict(o.latencies) for o in attacked if o.step.name == name),
                    key=lambda one: one["p95"],
                )
                for name in sorted({o.step.name for o in attacked})
            },
        },
        "peak_rss_mib": max((one.peak_rss for one in played), default=0) >> 20,
        "bound_rss_mib": MOST_MEMORY >> 20,
        "kills": scene.network.kills,
        "transfers": scene.speaking.transfers,
        "acknowledged": acknowledged,
        "lost": lost,
        "verify": verified,
        "problems": problems,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
