# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The drill of high availability with one kill of each; ten of each is `deploy/drill.sh`."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import pytest

pytest.importorskip("psycopg", reason="the broker's other engine is not installed")

from tests.availability.cluster import Cluster, missing
from tests.availability.drill import Gap, play, staged

KILLS = 1
SETTINGS = MappingProxyType({"ITMO_BROKER_SERVER__WORKERS": "2"})
SOONER = MappingProxyType({"loop_wait": "1", "retry_timeout": "3"})
"""The least that Patroni takes; the drill by hand runs with what the example says."""
MOST_SECONDS = {"the leader is killed": 60.0, "broker is killed": 10.0, "broker2 is killed": 10.0}
"""What lies far above what was measured: this is no measurement, other tests share the machine."""


@pytest.mark.slow
@pytest.mark.skipif(missing() != "", reason=f"the drill needs {missing()}")
async def test_no_machine_takes_an_answer_with_it() -> None:
    gaps: list[Gap] = []
    # The servers run as somebody else, who looks in.
    with TemporaryDirectory(prefix="itmo-") as name:
        os.chmod(name, 0o755)  # noqa: PTH101  # as above
        cluster = Cluster(Path(name) / "cluster", SOONER)
        async with staged(Path(name), gaps.append, SETTINGS, cluster) as drill:
            await play(drill, KILLS)
            assert not any((left := await drill.settle()).values()), left
            assert drill.pair.transfers > 0
            assert drill.nodes.completed
    assert len(gaps) == 2 * KILLS + 3
    for gap in gaps:
        assert gap.seconds < MOST_SECONDS.get(gap.event, 60.0), gap
