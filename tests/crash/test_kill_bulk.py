# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kill -9` of either node, of their broker and of the command in the middle of a file of transfers.

The same commands are given again each time. At the end every row has one transaction, which was completed,
and no unit moved twice: the results, both books and the record say the same, and all of them verify.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.demo.programs import DATABASE
from tests.bench.bulk import BROKER, COMMAND, GIVER, TAKER, passage, plan
from tests.kit.postgres import own_url

ROWS = int(os.environ.get("BULK_ROWS", "3000"))
SEED = int(os.environ.get("BULK_SEED", "1"))
LEAST_KILLS = 5


@pytest.mark.slow
async def test_a_file_goes_through_although_programs_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATABASE, own_url())
    told = await passage(tmp_path, ROWS, SEED, print)
    assert told["rows"] == ROWS
    rate = f"{ROWS} transfers in {told['seconds']} s, {told['per_second']} a second"
    print(rate)  # noqa: T201  # asked for


@pytest.mark.parametrize("seed", range(20))
def test_every_program_is_killed_in_the_middle(seed: int) -> None:
    kills = plan(ROWS, seed)
    assert {each.victim for each in kills} == {COMMAND, GIVER, TAKER, BROKER}
    assert len(kills) >= LEAST_KILLS
    assert all(each.rows < ROWS for each in kills)
