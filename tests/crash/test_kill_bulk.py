# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kill -9` of a node, of its broker and of the command in the middle of a file of transfers.

The same command is given again each time. At the end every row has one transaction, which was completed,
and no unit moved twice.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import os
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deploy.demo import history
from deploy.demo.network import Network, found
from deploy.demo.programs import Programs
from deploy.demo.telling import Stage
from itmo.reasons import ProtocolError
from itmo.registry.v1 import job_service_pb2 as api
from registry_node.cli.session import Session

ROWS = int(os.environ.get("BULK_ROWS", "3000"))
VICTIMS = ("command", "tha", "broker", "tha", "command")


@pytest.mark.slow
async def test_a_file_goes_through_although_programs_are_killed(tmp_path: Path) -> None:
    programs = Programs(tmp_path, 2)
    try:
        network = await found(programs, Stage(quiet_output=True))
        try:
            await _through(network, programs, tmp_path)
        finally:
            await network.hang_up()
        checked = await programs.broker("verify")
        assert checked["problems"] == [], checked
    finally:
        programs.stop()


async def _through(network: Network, programs: Programs, folder: Path) -> None:
    thailand, swiss = network.nodes["tha"], network.nodes["che"]
    await thailand.authorize(history.THAILAND)
    first = 1
    await thailand.issue(
        network.accounts["THA01"], [history.Units("THA01", first, ROWS, 2022, history.THAILAND)]
    )
    file = folder / "transfers.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("from_account", "to_account", "units"))
        for serial in range(first, first + ROWS):
            writer.writerow((network.accounts["THA01"], network.accounts["CHE01"], serial))
    begun = time.monotonic()
    digest = hashlib.sha256(file.read_bytes()).digest()
    for number, victim in enumerate(VICTIMS):
        # The first time while rows are read, then while they are sent and judged.
        least = number * ROWS // (len(VICTIMS) + 1)
        command = await _command(folder / "tha", "propose", "--file", str(file))
        await _until_judged(folder / "tha", digest, least)
        if victim == "command":
            command.kill()
        else:
            network.programs.kill(victim)
            if victim == "broker":
                network.programs.serve("broker")
                await network.programs.until("the broker to serve", network.broker.serves)
            else:
                await network.start_again(victim)
        await command.wait()
    told = await _told(folder / "tha", "propose", "--file", str(file), "--json")
    assert (told["rows"], told["judged"], told["failed"]) == (ROWS, ROWS, 0)
    accepted = await _told(folder / "che", "accept", "--all-from", "THA01", "--json")
    assert accepted["accepted"] == ROWS
    told = await _told(folder / "tha", "propose", "--file", str(file), "--until-ended", "--json")
    took = time.monotonic() - begun
    told_rate = f"{ROWS} transfers in {took:.1f} s, killed {len(VICTIMS)} times"
    print(told_rate)  # noqa: T201  # asked for
    assert (told["ended"], told["failed"]) == (ROWS, 0)
    with (folder / "transfers.result.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len({each["transaction_id"] for each in rows}) == ROWS
    assert {each["state"] for each in rows} == {"COMPLETED"}
    for node in (thailand, swiss):
        checked, valid, problems = await node.verify()
        assert (checked, problems) == (valid, [])


async def _command(folder: Path, *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from registry_node.cli import main; main()", "--dir", str(folder),
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def _told(folder: Path, *words: str) -> Any:  # noqa: ANN401  # JSON
    process = await _command(folder, *words)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def _until_judged(folder: Path, digest: bytes, least: int) -> None:
    """Until the node knows of so many rows what the clearing-house judged."""
    session, request = Session(folder), api.GetJobRequest(digest=digest)
    async with asyncio.timeout(120):
        while True:
            with suppress(ProtocolError):
                asked = partial(session.call_jobs, lambda stub: stub.GetJob(request, timeout=10))
                if (await asyncio.to_thread(asked)).job.judged >= least:
                    return
            await asyncio.sleep(0.01)
