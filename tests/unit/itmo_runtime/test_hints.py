# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A command that a program tells to give can be given as it stands there."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from broker.cli import root as broker
from itmo.runtime.cli.hints import as_typed, of_one_run, was_typed
from registry_node.cli.main import main as registry_node


def test_a_hint_has_the_directory_that_was_typed() -> None:
    with of_one_run():
        was_typed("broker", Path("my net/b"))
        assert as_typed("Run `broker serve`.") == "Run `broker --dir 'my net/b' serve`."
        others = "See `broker --help`; at the node `registry-node renew`; the broker serves."
        assert as_typed(others) == others


def test_what_was_typed_holds_for_one_run_only() -> None:
    with of_one_run():
        was_typed("broker", Path("b"))
        with of_one_run():
            assert as_typed("`broker serve`") == "`broker serve`"
        assert as_typed("`broker serve`") == "`broker --dir b serve`"
    assert as_typed("`broker serve`") == "`broker serve`"


@pytest.mark.parametrize("before", [True, False], ids=["before the command", "after it"])
def test_the_steps_after_a_set_up_name_its_directory(tmp_path: Path, *, before: bool) -> None:
    folder = str(tmp_path / "a b")
    init = ["init", "--network", "hints", "--listen", "127.0.0.1:0", "--public", "localhost:1"]
    words = ["--dir", folder, *init] if before else [*init, "--dir", folder]
    said = CliRunner().invoke(broker, words).stdout
    for name in ("check-config", "serve", "party", "approach", "admit"):
        assert f"`broker --dir {shlex.quote(folder)} {name}" in said, said


def test_an_error_names_it_in_text_and_for_programs_in_both_programs(tmp_path: Path) -> None:
    for program, name in ((broker, "broker"), (registry_node, "registry-node")):
        folder = str(tmp_path / name)
        told = CliRunner().invoke(program, ["--dir", folder, "--json", "verify"])
        full = f"`{name} --dir {folder} init`"
        assert full in json.loads(told.stdout)["error"]["message"]
        assert full in told.stderr
        assert told.exit_code == 2


def test_a_directory_from_the_environment_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITMO_BROKER_DIR", str(tmp_path))
    assert "`broker init`" in CliRunner().invoke(broker, ["verify"]).stderr
