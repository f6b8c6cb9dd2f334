# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every story comes out as its file expects, and to the very record that is written down of it.

roots.json has the log root of every story: it commits to each message, verdict and receipt, byte for
byte. What changes a root on purpose says why in its commit and writes them down again:
`RECORD_ROOTS=1 python -m pytest -n 0 -m "not bench" tests/scenarios/test_files.py`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from click.testing import CliRunner

from scenarios.command import scenario
from tests.kit.told import FILES, Told

HERE = Path(__file__).parent
ROOTS = HERE / "roots.json"


def test_everything_comes_out_as_the_file_expects_and_its_aefs_are_consistent(told: Told) -> None:
    played = told.played
    assert [step for step in played.steps if not step.ok] == []
    assert [each for each in played.expectations if not each.ok] == []
    # Something of its own, beyond the invariants and what is added here.
    assert len(played.expectations) > 1 + (not told.story.expect.aef)
    assert any(each.path.startswith("steps[") for each in played.expectations)
    if "RECORD_ROOTS" in os.environ:
        _write_down(told.name, played.log_root)
    assert played.log_root == json.loads(ROOTS.read_bytes()).get(told.name)


def _write_down(story: str, log_root: str) -> None:
    roots = json.loads(ROOTS.read_bytes()) if ROOTS.exists() else {}
    roots[story] = log_root
    kept = {path.stem for path in FILES}
    sorted_roots = {name: roots[name] for name in sorted(roots) if name in kept}
    ROOTS.write_text(json.dumps(sorted_roots, indent=1) + "\n")


def test_the_command_exits_0_when_every_expectation_holds() -> None:
    files = [str(HERE / "contract_example.yaml"), str(HERE / "v01_yearly_host.yaml")]
    result = CliRunner().invoke(scenario, ["run", *files])
    assert result.exit_code == 0, result.output
    assert "2 of 2 scenarios as expected" in result.output
