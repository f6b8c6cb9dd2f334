# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from broker.reports.aef.checks.states import State
from scenarios.command import scenario
from scenarios.play import play
from scenarios.reading import read_file

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_everything_comes_out_as_the_file_expects_and_its_aefs_are_consistent(path: Path) -> None:
    story = read_file(path)
    expect = replace(story.expect, aef=story.expect.aef or State.CONSISTENT.value)
    played = asyncio.run(play(replace(story, expect=expect)))
    assert [step for step in played.steps if not step.ok] == []
    assert [each for each in played.expectations if not each.ok] == []
    # Something of its own, beyond the invariants and what is added here.
    assert len(played.expectations) > 1 + (not story.expect.aef)
    assert any(each.path.startswith("steps[") for each in played.expectations)


def test_the_command_exits_0_when_every_expectation_holds() -> None:
    files = [str(HERE / "contract_example.yaml"), str(HERE / "v01_yearly_host.yaml")]
    result = CliRunner().invoke(scenario, ["run", *files])
    assert result.exit_code == 0, result.output
    assert "2 of 2 scenarios as expected" in result.output
