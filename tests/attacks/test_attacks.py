# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every attack once, on one network of real processes, while honest registries go on.

The hour is `python -m tests.attacks --seconds 3600 --seed N`; this is what CI has time for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import islice
from random import Random

import pytest
import pytest_asyncio

from tests.attacks.alternating import Middle, middle
from tests.attacks.catalogue import NAMES, Step, schedule
from tests.attacks.machine import FAKETIME, Scene
from tests.attacks.play import MOST_LATENCY_MS, calm, play, settle, staged

SECONDS, SEED = 4.0, 20261127
STEPS = [Step(number, name, SECONDS, SEED + number) for number, name in enumerate(NAMES, 1)]


def test_the_seed_replays() -> None:
    one, two, other = (list(islice(schedule(seed), 200)) for seed in (7, 7, 8))
    assert one == two != other
    assert {step.name for step in one} == set(NAMES)
    assert len({step.number for step in one}) == len(one)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Scene]:
    async with staged() as made:
        yield made


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
async def test_without_attack(scene: Scene) -> None:
    quiet = await calm(scene, SECONDS)
    assert quiet.p95 < MOST_LATENCY_MS / 2, "this machine is too busy to measure anything"


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.line}-{step.name}")
async def test_attack(scene: Scene, step: Step) -> None:
    if "clock" in step.name and not FAKETIME.exists():
        pytest.skip("a clock cannot be moved here: install the package faketime")
    played = await play(scene, step)
    assert played.problems == (), (step.sentence, played.latencies, played.told)


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_acknowledged_is_lost_and_all_programs_verify(scene: Scene) -> None:
    assert await settle(scene, Random(SEED)) == (0, {name: [] for name in ("broker", "tha", "che")})


def test_the_middle_of_differences_lies_where_a_sign_test_says() -> None:
    found = middle([float(each) for each in range(20, 0, -1)])
    assert found == Middle(6.0, 10.5, 15.0)  # 95.9 per cent, of the tables for 20 values
    assert middle([1.0, 2.0, 3.0]) == Middle(1.0, 2.0, 3.0)
