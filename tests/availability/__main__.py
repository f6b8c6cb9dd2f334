# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.availability`: the drill, with as many kills as are asked for.

Exit status 0: nothing that was answered is lost; 1: something is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from types import MappingProxyType

from tests.availability.cluster import Cluster, may_mount, missing
from tests.availability.drill import Gap, play, play_more, staged

DISK_MEGABYTES = 600
"""Enough for the little that the drill writes and for what its servers keep of their logs."""


def main(words: list[str]) -> int:
    """Plays, and prints each gap and what is left at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.availability", description=__doc__)
    parser.add_argument("--kills", type=int, default=10, help="of the leader, and of a broker")
    parser.add_argument("--workers", type=int, default=0, help="of each broker")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    parser.add_argument(
        "--more", action="store_true", help="whatever else may fail, once each, after the kills"
    )
    asked = parser.parse_args(words)
    if lacking := missing():
        _say(f"the drill needs {lacking}")
        return 1
    summary = asyncio.run(_run(asked.kills, asked.workers, more=asked.more))
    sys.stdout.write(json.dumps(summary, indent=None if asked.json else 2) + "\n")
    return 0 if summary["held"] else 1


async def _run(kills: int, workers: int, *, more: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="itmo-") as name:
        os.chmod(name, 0o755)  # noqa: PTH101  # the servers run as somebody else, and look in
        settings = MappingProxyType({"ITMO_BROKER_SERVER__WORKERS": str(workers)})
        disks = more and may_mount()
        cluster = Cluster(Path(name) / "cluster", disk_megabytes=DISK_MEGABYTES if disks else 0)
        async with staged(Path(name), _tell, settings, cluster) as drill:
            if kills:
                await play(drill, kills)
            if more:
                await play_more(drill, disks=disks)
            left = await drill.settle()
            return {
                "held": not any(left.values()),
                "transfers": drill.pair.transfers,
                "acknowledged": len(drill.pair.acknowledged),
                "by_nodes": len(drill.nodes.completed),
                "brokers_ended_by_themselves": sum(each.ended for each in drill.brokers),
                "gaps": {
                    event: sorted(each.seconds for each in drill.gaps if each.event == event)
                    for event in dict.fromkeys(each.event for each in drill.gaps)
                },
                **left,
            }


def _tell(gap: Gap) -> None:
    _say(f"{gap.event}: nothing was answered for {gap.seconds:.2f} s")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
