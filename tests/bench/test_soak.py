# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A soak says that nothing grows where nothing does, and says so where something does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench.flatness import Bound, rises
from tests.bench.soak import SoakSettings, soak


@pytest.mark.parametrize(
    ("each", "flat"),
    [
        (lambda n: 100.0, True),
        (lambda n: 100.0 + 5 * (n % 2), True),
        (lambda n: 200.0 - n, True),
        (lambda n: 100.0 + n / 10, True),
        (lambda n: 100.0 + n, False),
        (lambda n: 100.0 if n < 25 else 200.0, True),
        (lambda n: 100.0 if n < 60 else 150.0, False),
    ],
    ids=["even", "to and fro", "falling", "hardly", "rising", "while warming up", "a step"],
)
def test_what_rises_is_found(each: object, flat: bool) -> None:
    samples = [(float(n), {"memory": each(n)}) for n in range(100)]  # type: ignore[operator]  # a lambda
    (found,) = rises(samples, {"memory": Bound(10.0, 0.01)})
    assert found.flat is flat, found


@pytest.mark.slow
async def test_a_short_soak_finds_nothing_that_grows(tmp_path: Path) -> None:
    settings = SoakSettings(finding=2.0, seconds=8.0, share=0.7, pairs=6, seed=7)
    told = await soak(tmp_path, settings, lambda _: None)
    assert told["ok"], told
    assert told["done"]["transfers"] > 0


LEAKING = """
from broker.clearing.path.house import ClearingHouse
from broker.cli import main

kept, submit = [], ClearingHouse.submit


async def keeping(self, *given, **named):
    kept.append(bytearray(64_000))
    return await submit(self, *given, **named)


ClearingHouse.submit = keeping
main()
"""
"""A broker that keeps 64 KB of each message."""


@pytest.mark.slow
async def test_a_short_soak_finds_a_broker_that_keeps_something_of_each_message(
    tmp_path: Path,
) -> None:
    settings = SoakSettings(finding=2.0, seconds=8.0, share=0.7, pairs=6, seed=7)
    told = await soak(tmp_path, settings, lambda _: None, (sys.executable, "-c", LEAKING))
    assert [each.split()[0] for each in told["wrong"]] == ["memory_besides_mb"]
