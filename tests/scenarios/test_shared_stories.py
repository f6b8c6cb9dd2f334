# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Stories that were filed with an issue, where the folder that holds them lies beside the project."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from aef.checks.states import State
from scenarios.play import play
from scenarios.reading import read_file
from tests.kit.many import many

FOLDERS = [each / "shared" / "cases" / "stories" for each in Path(__file__).resolve().parents]
FOLDER = next((each for each in FOLDERS if each.is_dir()), None)
NO_STORIES = "c08_"
"""Files for `registry-node authorize` and `broker party` lie there, too."""
STORIES = sorted(
    each
    for each in (FOLDER.glob("*.yaml") if FOLDER else ())
    if not each.name.startswith(NO_STORIES)
)
SOON = {path.stem for path in STORIES} & {"c13_withdraw_unsent", "cer_national", "no_purpose"}
"""Of the fast tests: one of a node, one of two regimes and one that is refused."""


@pytest.mark.skipif(FOLDER is None, reason="the folder with the stories is not here")
def test_there_are_stories_in_the_folder() -> None:
    assert len(STORIES) >= 12


@pytest.mark.parametrize("path", many(STORIES, SOON, lambda path: path.stem))
def test_it_comes_out_as_the_story_expects_and_its_aefs_are_consistent(path: Path) -> None:
    story = read_file(path)
    expect = replace(story.expect, aef=story.expect.aef or State.CONSISTENT.value)
    played = asyncio.run(play(replace(story, expect=expect)))
    assert [step for step in played.steps if not step.ok] == []
    assert [each for each in played.expectations if not each.ok] == []
