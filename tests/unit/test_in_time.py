# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Long tests end in time, and what is left out then is a part of each kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.kit.in_time import MANY, ROUNDS, TIME_IS_UP, in_rounds

SOME = """
import pytest

@pytest.mark.parametrize("number", range(40))
def test_many(number):
    assert number < 40

def test_one():
    assert True
"""


@pytest.mark.parametrize("cases", [MANY, MANY + 1, 4 * MANY - 1])
def test_whenever_it_ends_each_kind_of_many_has_had_about_as_many(cases: int) -> None:
    given = [(kind, number) for kind in "abc" for number in range(cases)] + [("alone", 0)]
    ordered = in_rounds(given, lambda each: each[0])
    assert sorted(ordered) == sorted(given)
    assert ordered.index(("alone", 0)) <= 3 * -(-cases // ROUNDS)
    for place in range(0, len(ordered), cases):
        begun = [sum(kind == each for kind, _ in ordered[:place]) for each in "abc"]
        assert max(begun) - min(begun) <= -(-cases // ROUNDS)


def test_few_of_a_kind_keep_their_order() -> None:
    given = [("a", number) for number in range(MANY - 1)] + [("b", 0)]
    assert in_rounds(given, lambda each: each[0]) == given


@pytest.mark.slow
@pytest.mark.parametrize(
    ("until", "workers", "ends"), [("0", "2", "41 skipped"), ("99999999999", "0", "41 passed")]
)
def test_after_the_moment_nothing_is_begun(
    tmp_path: Path, until: str, workers: str, ends: str
) -> None:
    (tmp_path / "test_some.py").write_text(SOME)
    ran = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-rs", "-n", workers, "-p", "tests.kit.in_time", "--until", until,
            "-c", "/dev/null", "--rootdir", tmp_path, tmp_path,
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ends in ran.stdout
    assert (TIME_IS_UP in ran.stdout) == ("skipped" in ends)
