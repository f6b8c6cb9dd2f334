# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Some of the planted bugs, others every day: what each run of the long tests looks at."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from typing import Final

import pytest

from tests.mutation.planted import BUGS
from tests.mutation.running import Outcome, run, without_bug

SECONDS: Final = 60.0
"""No bug is begun after that; on two cores this is an eighth to a sixth of the list, another one each day. CI has no time
for more beside all else: the whole list is played by hand."""


@pytest.mark.slow
def test_a_part_of_the_bugs_is_found() -> None:
    """`python -m tests.mutation` plants all of them. MUTATION_SEED plays a part again."""
    seed = os.environ.get("MUTATION_SEED") or f"{datetime.now(UTC):%Y-%m-%d}"
    bugs = list(BUGS)
    random.Random(seed).shuffle(bugs)  # which bugs, no secret
    results = run(bugs, jobs=os.cpu_count() or 1, told=lambda _: None, seconds=SECONDS)
    assert results
    lost = {each.bug.id: each.seen for each in results if each.outcome is not Outcome.KILLED}
    assert not lost, f"seed {seed}"
    # A test that fails in any case finds every bug, and none.
    assert without_bug([each.bug for each in results]) == ""
