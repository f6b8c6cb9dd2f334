# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Honest registries alone and beside a flood, in windows that take turns, so that what else the machine does cancels.

Of each two windows that follow one another the difference is taken. Told are the median of the differences and the
interval between two of them in which it lies with 95 per cent, whatever their distribution.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from random import Random
from typing import Any, Final

from tests.attacks.catalogue import Step
from tests.attacks.machine import Scene
from tests.attacks.play import assail

PACE: Final = 0.05
"""Seconds between two honest transfers: two fifths of the rate of a node, on a core that others use as well."""
SLOWED: Final = 0.1
"""A flood slows others by less."""
SURE: Final = 0.95
SETTLE: Final = 4.0
"""Seconds after a flood began that belong to no window: a burst is a second of a core, and is spent first."""
_ENDED: Final = 0.3
"""The same after it ended."""


@dataclass(frozen=True, slots=True)
class Window:
    """What the honest pair came to.

    Attributes:
        done: Transfers, of those that were due.
        mean_ms: From when they were due to their receipts, those that are late included.
        median_ms: The same.
        core: Processor time of the process that decides, as a part of a core.
        workers: The same of the broker's workers.
        honest: The same of the honest pair, which signs in this process.
    """

    done: float
    mean_ms: float
    median_ms: float
    core: float
    workers: float
    honest: float


@dataclass(frozen=True, slots=True)
class Middle:
    """The median of some values, and between which it lies."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Of all pairs of windows: beside the flood against alone.

    Attributes:
        name: The flood.
        pairs: How many.
        done: Transfers that were done beside it, as a part of those done alone.
        added_mean_ms: What was added to the mean of a window.
        added_median_ms: What was added to its median.
        core: What the flood took of a core where it is decided, which no other load of the machine makes more.
        workers: What it took of a core at the workers.
        busy: Cores that all of the play kept busy beside the flood: the broker, the honest pair and the attacker. Where
            it comes near those that there are, everybody waits for a core and not for the broker.
        alone_ms: Median of the means alone.
        seen: What the flood was answered.
    """

    name: str
    pairs: int
    done: Middle
    added_mean_ms: Middle
    added_median_ms: Middle
    core: Middle
    workers: Middle
    busy: Middle
    alone_ms: float
    seen: dict[str, int]


def middle(values: Sequence[float]) -> Middle:
    """The median, with an interval by order statistics (a sign test turned round)."""
    ordered = sorted(values)
    count = len(ordered)
    outside = 0
    cut = 0
    for at in range(count // 2):
        outside += comb(count, at)
        if 2 * outside / 2**count > 1 - SURE:
            break
        cut = at + 1
    if not cut:  # too few to say so much
        return Middle(ordered[0], statistics.median(ordered), ordered[-1])
    return Middle(ordered[cut - 1], statistics.median(ordered), ordered[-cut])


async def alternate(
    scene: Scene, name: str, pairs: int, seconds: float, settle: float, seed: int
) -> Compared:
    """Measures pairs of windows, in an order that chance gives."""
    choose = Random(seed)
    alone: list[Window] = []
    beside: list[Window] = []
    attackers: list[float] = []
    seen: dict[str, int] = {}
    scene.speaking.pace = PACE
    for number in range(1, pairs + 1):
        for flooded in choose.sample([False, True], 2):
            if not flooded:
                await asyncio.sleep(_ENDED)
                alone.append(await _window(scene, seconds))
                continue
            # It begins when its programs are loaded, and goes on for a little longer than the window.
            step = Step(number, name, settle + seconds + _ENDED, choose.getrandbits(48))
            begun = asyncio.Event()
            flood = asyncio.create_task(assail(scene, step, begun))
            await begun.wait()
            await asyncio.sleep(settle)
            beside.append(await _window(scene, seconds))
            came_of_it = await flood
            attackers.append(came_of_it["core"])
            for answer, count in came_of_it["seen"].items():
                seen[answer] = seen.get(answer, 0) + count
    return _compared(name, alone, beside, attackers, seen)


async def _window(scene: Scene, seconds: float) -> Window:
    scene.speaking.watch()
    before, own = scene.network.broker_seconds(), time.process_time()
    await asyncio.sleep(seconds)
    after, own = scene.network.broker_seconds(), time.process_time() - own
    measured = [1000 * each for each in scene.speaking.measured()]
    done = len(scene.speaking.latencies)
    return Window(
        done * PACE / seconds,
        statistics.fmean(measured),
        statistics.median(measured),
        (after.process - before.process) / seconds,
        (after.workers - before.workers) / seconds,
        own / seconds,
    )


def _compared(
    name: str,
    alone: Sequence[Window],
    beside: Sequence[Window],
    attackers: Sequence[float],
    seen: dict[str, int],
) -> Compared:
    both = list(zip(alone, beside, strict=True))
    busy = (
        each.core + each.workers + each.honest + attacker
        for each, attacker in zip(beside, attackers, strict=True)
    )
    return Compared(
        name,
        len(both),
        middle([with_it.done / without.done for without, with_it in both]),
        middle([with_it.mean_ms - without.mean_ms for without, with_it in both]),
        middle([with_it.median_ms - without.median_ms for without, with_it in both]),
        middle([with_it.core - without.core for without, with_it in both]),
        middle([with_it.workers - without.workers for without, with_it in both]),
        middle(list(busy)),
        statistics.median(each.mean_ms for each in alone),
        seen,
    )


def told(compared: Compared) -> dict[str, Any]:
    """For a person and for programs."""

    def rounded(found: Middle, places: int) -> list[float]:
        return [round(each, places) for each in (found.low, found.median, found.high)]

    return {
        "flood": compared.name,
        "pairs": compared.pairs,
        "done": rounded(compared.done, 3),
        "added_mean_ms": rounded(compared.added_mean_ms, 2),
        "added_median_ms": rounded(compared.added_median_ms, 2),
        "core": rounded(compared.core, 3),
        "core_of_workers": rounded(compared.workers, 3),
        "cores_busy": rounded(compared.busy, 2),
        "alone_mean_ms": round(compared.alone_ms, 2),
        "slowed_by_less_than_a_tenth": compared.done.low >= 1 - SLOWED,
        "seen": compared.seen,
    }
