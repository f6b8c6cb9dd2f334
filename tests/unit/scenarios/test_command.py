# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scenarios.command import scenario
from tests.kit.many import many
from tests.unit.scenarios.worlds import VALID, changed, line_of


def run(tmp_path: Path, *texts: str, options: tuple[str, ...] = ()) -> Result:
    files = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        files.append(str(path))
    return CliRunner().invoke(scenario, ["run", *files, *options])


def test_exit_status_0_when_every_expectation_holds(tmp_path: Path) -> None:
    result = run(tmp_path, VALID)
    assert result.exit_code == 0, result.output
    assert "1 of 1 scenarios as expected" in result.stdout


WRONG = [
    ("{che-holding: 5}", "{che-holding: 6}", "holdings.che-holding", 6, 5),
    ("{2022: 5}", "{2022: -5}", "adjustments.THA.2022", -5, 5),
    ("{2022: 5}", "{}", "adjustments.THA", [], ["2022: 5"]),
    ("{account: che-holding}", "{account: tha-holding}", "units.THA01:1.account",
     "tha-holding", "che-holding"),
    ('"THA01:1"', '"THA01:11"', "units.THA01:11", "issued", None),
    ("  units:", "  balances: {THA: {2022: 1004}}\n  units:", "balances.THA.2022", 1004, 1005),
    ("  units:", "  averages: {THA: {2023: 1}}\n  units:", "averages.THA.2023", 1, None),
    ("  units:", "  transactions: {t1: REJECTED}\n  units:", "transactions.t1",
     "REJECTED", "COMPLETED"),
    ("{state: VALIDATED}", "{state: COMPLETED}", "steps[2].state", "COMPLETED", "VALIDATED"),
    ("{state: VALIDATED}", "{findings: [ID_LOCKED]}", "steps[2].findings", ["ID_LOCKED"], []),
]  # fmt: skip
SOON = {"holdings.che-holding", "adjustments.THA", "steps[2].findings"}
"""Places of the fast tests: a number, something missing, and what a step came to."""


@pytest.mark.parametrize(
    ("old", "new", "path", "expected", "actual"), many(WRONG, SOON, lambda row: str(row[2]))
)
def test_exit_status_1_when_a_planted_wrong_expectation_does_not_hold(
    tmp_path: Path, old: str, new: str, path: str, expected: object, actual: object
) -> None:
    result = run(tmp_path, changed(old, new), options=("--json",))
    assert result.exit_code == 1, result.output
    [played] = json.loads(result.stdout)["files"]
    wrong = [each for each in played["expectations"] if not each["ok"]]
    assert wrong == [{"path": path, "expected": expected, "actual": actual, "ok": False}]
    assert played["ok"] is False
    if path.startswith("steps["):
        assert [step["index"] for step in played["steps"] if not step["ok"]] == [2]
    said = run(tmp_path, changed(old, new))
    assert (said.exit_code, "FAILED" in said.stdout) == (1, True)
    assert "0 of 1 scenarios as expected" in said.stdout


def test_exit_status_2_when_a_file_is_not_valid_also_beside_valid_ones(tmp_path: Path) -> None:
    text = changed("accept: t1", "accept: t2")
    result = run(tmp_path, VALID, text)
    assert result.exit_code == 2
    line = line_of(text, "accept")
    assert f"1.yaml:{line}: steps[3].accept: no transaction 't2'" in result.stdout
    assert "1 of 2 scenarios as expected" in result.stdout


def test_a_missing_file_is_no_valid_scenario(tmp_path: Path) -> None:
    result = CliRunner().invoke(scenario, ["run", str(tmp_path / "none.yaml")])
    assert (result.exit_code, "cannot be read" in result.output) == (2, True)


def test_json_has_the_shape_that_the_format_promises(tmp_path: Path) -> None:
    result = run(tmp_path, VALID, "scenario: 1\n", options=("--json",))
    assert result.exit_code == 2
    played, refused = json.loads(result.stdout)["files"]
    assert set(played) == {"file", "ok", "steps", "expectations"}
    assert (played["ok"], played["file"]) == (True, str(tmp_path / "0.yaml"))
    assert played["steps"][2] == {
        "index": 2,
        "action": "transfer",
        "id": "t1",
        "state": "VALIDATED",
        "findings": [],
        "ok": True,
    }
    assert [step["action"] for step in played["steps"]] == [
        "authorize", "issue", "transfer", "accept", "crash", "restart",
    ]  # fmt: skip
    assert all(set(each) == {"path", "expected", "actual", "ok"} for each in played["expectations"])
    assert played["expectations"][-1] == {
        "path": "invariants",
        "expected": True,
        "actual": True,
        "ok": True,
    }
    assert (refused["ok"], refused["steps"], refused["expectations"]) == (False, [], [])
    assert {problem["key"] for problem in refused["problems"]} == {"", "scenario"}
    assert "1.yaml:1: " in result.stderr


def test_the_words_of_the_clearing_house_are_shown(tmp_path: Path) -> None:
    text = changed("to: che-holding, blocks", "to: che-holding, first_transfer: false, blocks")
    result = run(tmp_path, text)
    assert result.exit_code == 1
    assert "FT_FLAG_REQUIRED: " in result.stdout


def test_a_world_that_the_clearing_house_does_not_take_is_no_valid_scenario(tmp_path: Path) -> None:
    result = run(tmp_path, changed("type: 100}\nsteps", "type: 101}\nsteps"))
    assert result.exit_code == 2
    assert "accounts.che-holding: the clearing-house says PAYLOAD_INVALID" in result.output


def test_nothing_but_the_report_is_written_to_standard_output(tmp_path: Path) -> None:
    result = run(tmp_path, VALID, options=("--json",))
    json.loads(result.stdout)["files"]
    assert result.stderr == ""
