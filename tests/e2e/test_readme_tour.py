# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the README's tour (readme_tour) as a newcomer would, on a free port."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.kit.tours import OF_BASH_ALONE, SHELLS, script, taken

PAGE = ROOT / "README.md"


def test_the_tour_is_written_for_other_shells_too() -> None:
    """Whatever is pasted into an interactive zsh: no comments, no words of bash alone."""
    typed = script(PAGE, "readme_tour")
    assert [line for line in typed.splitlines() if line.lstrip().startswith("#")] == []
    assert OF_BASH_ALONE.findall(typed) == []


def test_git_knows_nothing_of_the_tours_and_the_demonstration() -> None:
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"/tour/", "/kyoto-tour/", "/demo-network/"} <= set(ignored)


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_the_tour_of_the_readme_runs(tmp_path: Path, shell: list[str]) -> None:
    said = taken(PAGE, "readme_tour", tmp_path, shell)
    assert "refused, as it must be" in said
    assert "+1 916" in said, said
    assert "-1 916" in said
    assert "Everything holds." in said
