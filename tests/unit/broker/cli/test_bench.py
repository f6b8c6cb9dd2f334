# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker bench` and `broker serve` hand over what they were told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from broker import serving
from broker.bench import run
from broker.bench.run import BenchSettings
from broker.settings import BrokerSettings
from tests.unit.broker.cli.kit import broker, set_up


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[BenchSettings]:
    asked: list[BenchSettings] = []

    async def measure(settings: BenchSettings, say: Callable[[str], None]) -> dict[str, object]:
        asked.append(settings)
        say("floor ...")
        return {"engine": "SQLite", "runs": [{"throughput_per_s": 12.5}]}

    monkeypatch.setattr(run, "measure", measure)
    return asked


def test_bench_as_json_and_as_text(measured: list[BenchSettings]) -> None:
    ran = broker("bench", "--seconds", "2", "--senders", "4", "--json")
    assert ran.json == {"engine": "SQLite", "runs": [{"throughput_per_s": 12.5}]}
    assert ran.stderr == "floor ...\n"
    assert measured == [BenchSettings(seconds=2.0, pairs=4)]
    assert "throughput_per_s: 12.5" in broker("bench").stdout
    assert broker("bench", "--seconds", "0").exit_code == 2


@pytest.mark.parametrize("status", [0, 4])
def test_serve_ends_with_the_status_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    served: list[BrokerSettings] = []

    def serve(settings: BrokerSettings, again: Callable[[], BrokerSettings], folder: Path) -> int:
        assert folder == tmp_path / "b"
        served.extend((settings, again()))
        return status

    monkeypatch.setattr(serving, "serve", serve)
    place = set_up(tmp_path / "b")
    assert broker("--dir", place, "serve").exit_code == status
    assert [each.network_id for each in served] == ["test-net", "test-net"]
