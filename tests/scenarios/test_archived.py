# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Stories come to the same record when all that may be archived is gone before each step.

The files are taken away at once: nothing that is decided or reported looks into one, but for what hands
out old messages themselves.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from aef.checks.states import State
from broker.archiving.putting_away import Asked, put_away
from broker.known_regimes import ALL_REGIMES
from scenarios.acting import Acted, Stage
from scenarios.model import Step
from scenarios.play import play
from scenarios.reading import read_file
from tests.kit.told import FILES
from tests.scenarios.test_files import ROOTS

FOR_EVER = 2**62
FEW = ("contract_example", "reversal_of_what_went_on", "kyoto_national_life", "v15_transfer_again")
ASKED_FOR = {
    "crash_broker_between_acceptance_and_receipt", "issuance_twice_waiting", "kyoto_closing",
    "life_happy_path", "life_last_moment", "life_rejection", "life_withdrawal",
    "life_withdrawal_too_late", "offline_for_days", "true_up_in_bulk",
}  # fmt: skip
"""Stories that ask for the messages of an ended transaction, or seal all of a registry's."""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if path.stem in FEW else pytest.mark.slow, id=path.stem)
        for path in FILES
    ],
)
def test_a_story_comes_out_the_same_after_everything_was_archived(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    went = []
    act = Stage.act

    async def archived(stage: Stage, step: Step) -> Acted:
        asked = Asked(folder=tmp_path / "archive", before=FOR_EVER, now=0)
        went.append(put_away(stage.network.database, asked, ALL_REGIMES).payloads)
        if path.stem not in ASKED_FOR:
            shutil.rmtree(asked.folder, ignore_errors=True)
        return await act(stage, step)

    monkeypatch.setattr(Stage, "act", archived)
    story = read_file(path)
    expect = replace(story.expect, aef=story.expect.aef or State.CONSISTENT.value)
    played = asyncio.run(play(replace(story, expect=expect)))
    assert [step for step in played.steps if not step.ok] == []
    assert [each for each in played.expectations if not each.ok] == []
    assert played.log_root == json.loads(ROOTS.read_bytes())[path.stem]
    assert any(went)
