# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the tour of the page on Kyoto units (kyoto_tour) as a newcomer would, on a free port."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.kit.tours import OF_BASH_ALONE, SHELLS, script, taken

PAGE = ROOT / "deploy" / "docs" / "kyoto.md"


def test_the_tour_is_written_for_other_shells_too() -> None:
    typed = script(PAGE, "kyoto_tour")
    assert [line for line in typed.splitlines() if line.lstrip().startswith("#")] == []
    assert OF_BASH_ALONE.findall(typed) == []


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_the_tour_of_kyoto_units_runs(tmp_path: Path, shell: list[str]) -> None:
    said = " ".join(taken(PAGE, "kyoto_tour", tmp_path, shell).split())
    assert "refused, as it must be" in said
    for part in (
        "ERU from AAU",  # holdings
        "forest management",
        "ERU from AAU, period 1, project GBR22, Party-verified",  # the transaction, at the node
        "KP_UNITS_ENDED",
        "5 000",  # retired
        "Everything holds.",
        "Everything fits.",  # the sealed export
        "closed, and it says so",
        "KP_REGISTRY_CLOSED",
        "The opening of GBR01 is stated",
        "10450 units were brought in",
        "told by the archive of GBR01, not judged here",
        "The same:",  # the report on 2014
    ):
        assert part in said, said
