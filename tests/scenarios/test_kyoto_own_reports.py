# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a Kyoto story tells, a node's own report says cell by cell what the record says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from itmo.identifiers import AccountId
from scenarios import play as playing
from scenarios.invariants import broken_invariants
from scenarios.network import PlayedNetwork
from scenarios.play import play
from scenarios.reading import read_file
from sef.comparing import Difference
from tests.kit.own_sefs import differing, told_archives
from tests.scenarios.test_kyoto_reports import STORIES


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_own_reports_say_what_the_record_says(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, list[Difference]]] = []

    async def listening(network: PlayedNetwork, names: Mapping[str, AccountId]) -> list[str]:
        told.append(await differing(network, archives=told_archives(network)))
        return list(await broken_invariants(network, names))

    monkeypatch.setattr(playing, "broken_invariants", listening)
    asyncio.run(play(read_file(path)))
    ((compared, differences),) = told
    assert [(str(each.spot), each.one.text, each.other.text) for each in differences] == []
    assert compared
