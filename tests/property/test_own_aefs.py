# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever happened, the AEFs drawn from the ledger are consistent in all 25 checks."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings

from scenarios.outcome import Played
from scenarios.play import play
from scenarios.reading import read
from tests.kit.drawn import drawn
from tests.kit.random_stories import stories


def played(content: bytes) -> Played:
    return asyncio.run(play(read("drawn at random", content)))


@pytest.mark.slow
@drawn(content=stories(), few=5, many=12)
def test_aefs_of_a_random_history_are_consistent(content: bytes) -> None:
    assert [each for each in played(content).expectations if not each.ok] == []


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(content=stories(most=60))
def test_aefs_of_many_random_histories_are_consistent(content: bytes) -> None:
    assert [each for each in played(content).expectations if not each.ok] == []
