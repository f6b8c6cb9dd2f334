# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline of a broker that runs comes to the end of the record though nobody asks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.presiding import BrokerOperator
from deploy.demo.programs import Programs, free_address

pytestmark = pytest.mark.slow


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a short name: the paths of socket files are limited."""
    with tempfile.TemporaryDirectory(prefix="e2e-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("workers", [0, 1])
async def test_it_is_read_on_by_itself(home: Path, workers: int) -> None:
    programs, told = Programs(home), list[dict[str, Any]]()
    await programs.broker("init", "--network", "ahead-net", "--listen", free_address())
    programs.serve("broker", {"ITMO_BROKER_SERVER__WORKERS": str(workers)})

    async def taken_in() -> bool:
        told.append((await programs.broker("status", accept=(0, 1)))["timeline"])
        return int(told[-1]["behind"]) == 0

    try:
        operator = BrokerOperator(home / "broker" / "operator.sock")
        await programs.until("the broker to serve", operator.serves)
        await operator.close()
        for name in ("tha", "che"):
            words = (
                "--kind",
                "national",
                "--registry",
                f"{name.upper()}01",
                "--network",
                "ahead-net",
            )
            await programs.node(name, "init", "--node", name, *words)
            request, admission = home / name / "join-request.json", home / f"{name}.json"
            await programs.broker("admit", request, "--out", admission, "--yes")
        await programs.until("the timeline to be read on", taken_in)
    finally:
        programs.stop()
    assert int(told[-1]["decisions"]) == 2
    assert not (home / "logs" / "broker.log").read_text().count('"level": "error"')
