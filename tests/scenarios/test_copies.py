# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every pair of copy and restore over every story, for the broker and for each node.

A copy of one moment is put in place at a later one. Who was told of what it lacks says so, in its
alarms and in verify, and stops; after the commands of the operator's page the books of everybody are
the same again, nobody has skipped a delivery, and everything verifies.

The long test takes so many pairs of each story: COPIES_PAIRS, 6 by default, or `all`; COPIES_SEED
draws others.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

import pytest

from scenarios.model import BROKER
from scenarios.reading import read_file
from tests.kit.copies import Restored, Told, restore, scratch, tell
from tests.kit.many import many
from tests.scenarios.test_shared_stories import STORIES

HERE = Path(__file__).parent
FILES = [*sorted(HERE.glob("*.yaml")), *STORIES]
PAIRS = os.environ.get("COPIES_PAIRS", "6")
SEED = int(os.environ.get("COPIES_SEED", "1"))
REPRESENTATIVE = {
    "contract_example": [(BROKER, 1, 5), ("tha", 0, 4), ("che", 2, 6)],
    "programme_cancels": [(BROKER, 2, 6), (BROKER, 0, 3)],
    "crash_everybody": [(BROKER, 2, 6), ("tha", 0, 9)],
    "sharing_notify_double_claim": [(BROKER, 2, 7)],
}
"""Transfers, cancellations, notices and reports; programs that are stopped at the copy or the restore."""


async def _told(path: Path, folder: Path) -> Told:
    return await tell(read_file(path), folder)


async def _faults(path: Path, pairs: list[tuple[str, int, int]] | int | None) -> list[str]:
    """What is wrong in these pairs of a story, in so many of them, or in all."""
    folder = scratch()
    try:
        told = await _told(path, folder)
        chosen = pairs if isinstance(pairs, list) else [p for p in told.pairs() if p[1] < p[2]]
        if isinstance(pairs, int) and pairs < len(chosen):
            chosen = Random(f"{SEED} {path.stem}").sample(chosen, pairs)  # a choice of tests
        found = []
        for name, copied, at in chosen:
            made = await restore(told, name, copied, at)
            found += [f"{name}, copy {copied} at {at}: {fault}" for fault in made.faults]
        return found
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", many(REPRESENTATIVE, {"contract_example"}))
async def test_a_copy_is_noticed_and_the_way_out_makes_the_books_equal(name: str) -> None:
    assert await _faults(HERE / f"{name}.yaml", REPRESENTATIVE[name]) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
async def test_every_pair_of_copy_and_restore(path: Path) -> None:
    assert await _faults(path, None if PAIRS == "all" else int(PAIRS)) == []


@pytest.mark.slow
async def test_what_was_lost_is_sent_again_where_a_person_says_so() -> None:
    folder = scratch()
    try:
        told = await _told(HERE / "contract_example.yaml", folder)
        made: Restored = await restore(told, BROKER, 0, len(told.moments) - 1, send_again=True)
        assert made.ahead, "nobody was ahead: the pair shows nothing"
        assert made.faults == ()
        same = await restore(told, BROKER, 3, 3)
        assert same == Restored(frozenset(), ())
    finally:
        shutil.rmtree(folder)
