# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every story comes to the very same record on PostgreSQL: the log root is that of SQLite."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from itmo.reasons import ProtocolError
from scenarios.command import scenario
from scenarios.play import play
from scenarios.reading import read_file
from tests.kit.postgres import give_back, on_server, shared_server
from tests.kit.told import FILES
from tests.scenarios.test_files import ROOTS

FEW = ("contract_example", "kyoto_national_life")
"""Those that are played each time; the long tests play all."""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if path.stem in FEW else pytest.mark.slow, id=path.stem)
        for path in FILES
    ],
)
def test_a_story_comes_to_the_same_record(path: Path) -> None:
    made = on_server()
    played = asyncio.run(play(read_file(path), made))
    assert [each for each in played.expectations if not each.ok] == []
    assert played.log_root == json.loads(ROOTS.read_bytes())[path.stem]
    give_back(made)


@pytest.mark.slow
def test_the_command_plays_stories_on_a_server_and_leaves_nothing_there() -> None:
    files = [str(each) for each in FILES if each.stem in FEW]
    here = shared_server()
    url = here.fresh()
    ran = CliRunner().invoke(scenario, ["run", *files, "--database", url])
    assert ran.exit_code == 0, ran.output
    assert f"{len(FEW)} of {len(FEW)} scenarios as expected" in ran.output
    left = here.run(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'itmo%'",
        url.split("/")[3].split("?")[0],
    )
    assert left == []


def test_the_command_says_what_to_do_where_no_server_is(tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        scenario, ["run", str(FILES[0]), "--database", f"postgresql:///none?host={tmp_path}"]
    )
    assert isinstance(ran.exception, ProtocolError)
    assert "apt install postgresql" in str(ran.exception)
