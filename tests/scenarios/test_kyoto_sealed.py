# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a Kyoto story tells, the tables of a sealed export follow from its signed messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from broker.cli.kyoto.close_registry import _reports
from broker.reports.kyoto.sealed_export import sealed_export
from broker.reports.kyoto.sealed_verifying import sealed_in
from itmo.identifiers import AccountId
from scenarios import play as playing
from scenarios.invariants import broken_invariants
from scenarios.network import PlayedNetwork
from scenarios.play import play
from scenarios.reading import read_file
from tests.scenarios.test_kyoto_reports import STORIES


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_sealed_exports_prove_themselves(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, tuple[str, ...]] = {}

    async def listening(network: PlayedNetwork, names: Mapping[str, AccountId]) -> list[str]:
        today = network.clock.now().date()
        for member in network.members.values():
            for registry in member.spec.registries:
                # Reports of all years are written by the slowest of writers: those of one story do.
                whole = path.stem == "kyoto_tcers_replaced"
                reports = _reports(network.database, registry[:3], today) if whole else {}
                content, _ = sealed_export(network.database, registry, reports, today)
                told[registry] = sealed_in(content).problems
        return list(await broken_invariants(network, names))

    monkeypatch.setattr(playing, "broken_invariants", listening)
    asyncio.run(play(read_file(path)))
    assert told
    assert {name: problems for name, problems in told.items() if problems} == {}
