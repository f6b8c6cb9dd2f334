# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every story comes to the very same record on PostgreSQL: the log root is that of SQLite."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from scenarios.play import play
from scenarios.reading import read_file
from tests.kit.postgres import give_back, on_server
from tests.scenarios.test_files import FILES, ROOTS

FEW = ("contract_example", "kyoto_national_life")
"""Those that are played each time; the long tests play all."""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if path.stem in FEW else pytest.mark.slow, id=path.stem)
        for path in FILES
    ],
)
def test_a_story_comes_to_the_same_record(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def on_a_server() -> object:
        made.append(on_server())
        return made[-1]

    monkeypatch.setattr("scenarios.network.memory_database", on_a_server)
    played = asyncio.run(play(read_file(path)))
    assert [each for each in played.expectations if not each.ok] == []
    assert played.log_root == json.loads(ROOTS.read_bytes())[path.stem]
    assert len(made) == 1
    give_back(made[0])
