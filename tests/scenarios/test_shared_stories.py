# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Stories that were filed with an issue, where the folder that holds them lies beside the project."""

from pathlib import Path

import pytest

from scenarios.command import play_file
from scenarios.outcome import Played

FOLDERS = [each / "shared" / "cases" / "stories" for each in Path(__file__).resolve().parents]
FOLDER = next((each for each in FOLDERS if each.is_dir()), None)
STORIES = (
    "aef_own_adjustments_of_a_decade",
    "aef_own_contribution_units_authorized_later",
    "aef_own_non_ghg_metric",
    "aef_own_v06_period_edge",
    "aef_own_v07_non_ghg",
    "c03_authorization_in_force",
    "c11_underlying_spelling",
    "cer_national",
    "cer_twice",
    "no_purpose",
    "timing_registration",
)


@pytest.mark.skipif(FOLDER is None, reason="the folder with the stories is not here")
@pytest.mark.parametrize("name", STORIES)
def test_it_comes_out_as_the_story_expects(name: str) -> None:
    assert FOLDER is not None
    played = play_file(FOLDER / f"{name}.yaml")
    assert isinstance(played, Played), played
    assert [step for step in played.steps if not step.ok] == []
    assert [each for each in played.expectations if not each.ok] == []
