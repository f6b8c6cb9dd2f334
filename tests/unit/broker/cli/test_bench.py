# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker bench` and `broker serve` hand over what they were told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from broker import serving
from broker.bench import MAX_PAIRS, run
from broker.bench.plan import CASES
from broker.bench.plot import svg
from broker.bench.publish import FIGURES
from broker.bench.report import table
from broker.bench.run import BenchSettings
from broker.settings import BrokerSettings
from tests.unit.broker.cli.kit import broker, set_up

MEASURED: Final[dict[str, object]] = json.loads(FIGURES.read_text())


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[BenchSettings]:
    asked: list[BenchSettings] = []

    async def measure(settings: BenchSettings, say: Callable[[str], None]) -> dict[str, object]:
        asked.append(settings)
        say("floor ...")
        return MEASURED

    monkeypatch.setattr(run, "measure", measure)
    return asked


def test_bench_as_json_and_as_text(measured: list[BenchSettings], tmp_path: Path) -> None:
    picture = tmp_path / "bench.svg"
    ran = broker("bench", "--seconds", "2", "--senders", "4", "--json")
    assert ran.json == MEASURED
    assert ran.stderr == "floor ...\n"
    assert broker("bench", "--full", "--runs", "5", "--plot", str(picture)).stdout.splitlines() == [
        line.rstrip() for line in table(MEASURED)
    ]
    assert picture.read_text() == svg(MEASURED)
    broker("bench", "--workers", "2")
    assert measured == [
        BenchSettings(seconds=2.0, pairs=4),
        BenchSettings(runs=5, full=True),
        BenchSettings(workers=2),
    ]
    assert [case.name for case in measured[-1].cases] == ["single, 2 workers"]
    assert [case.name for case in measured[1].cases[-2:]] == [
        "single, 1 worker",
        "single, streamed, 1 worker",
    ]
    assert [case.workers for case in measured[1].cases] == [0] * len(CASES) + [1, 1]
    assert broker("bench", "--seconds", "0").exit_code == 2
    assert broker("bench", "--senders", str(MAX_PAIRS + 1)).exit_code == 2


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
