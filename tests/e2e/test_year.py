# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A year passes: every certificate and key is renewed by command while transfers go on.

Real processes on a machine whose clock is moved, as the page for operators tells it. Sixty days before
the end everything is told; after the year, nothing that was told has failed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from itmo.files import read_plain_file
from itmo.validity import certificates_of
from tests.e2e.moved_clock import NODES, MovedNetwork, moved_network

TOLD: Final = timedelta(days=310)
"""Certificates last 365 days, so this is within sixty days of their end."""
LATER: Final = timedelta(days=400)

pytestmark = pytest.mark.slow


@pytest.fixture
async def year(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MovedNetwork]:
    async with moved_network(tmp_path_factory.mktemp("year")) as made:
        yield made


@contextlib.asynccontextmanager
async def trading(year: MovedNetwork) -> AsyncIterator[None]:
    """Transfers go on; one that fails fails the test."""
    stop = asyncio.Event()

    async def trade() -> None:
        while not stop.is_set():
            await year.transfer()

    task = asyncio.create_task(trade())
    try:
        yield
    finally:
        stop.set()
        await task


async def near(year: MovedNetwork, name: str) -> set[tuple[str, str]]:
    """What a program says ends soon: what, and whose."""
    status = (
        await year.programs.broker("status", accept=(0, 1))
        if name == "broker"
        else await year.programs.node(name, "status", accept=(0, 1))
    )
    return {
        (each["thing"], each["owner"])
        for each in status["program"]["expiries"]
        if each["nearness"] != "FAR"
    }


async def renewed(year: MovedNetwork, name: str, number: str, *words: str) -> None:
    """The node asks, the broker's operator answers, the node takes the answer up."""
    made = await year.node_says(name, "renew", *words)
    answer = year.home / f"{name}-{number}.json"
    admitted = await year.broker_says("admit", made["request"], "--out", answer, "--yes")
    taken = await year.node_says(name, "renew", answer, "--sha256", admitted["sha256"])
    assert (taken["running"], taken["connected"]) == (True, True), taken


async def test_a_year_passes_and_everything_is_renewed_while_transfers_go_on(
    year: MovedNetwork,
) -> None:
    await year.pass_to(TOLD)
    await year.transfer()
    # It is told sixty days before, by whoever needs it and by the broker of its nodes.
    certificates = {("TLS_CERTIFICATE", name) for name in ("broker", *NODES)}
    assert certificates <= await near(year, "broker")
    for name in NODES:
        assert ("TLS_CERTIFICATE", name) in await near(year, name)
    before = len(year.serials)
    async with trading(year):
        await _renew_everything(year)
    assert before - len(year.serials) > 10, "transfers went on all the while"
    assert not {each for each in await near(year, "broker") if each[0] == "TLS_CERTIFICATE"}
    for name in NODES:
        assert not {each for each in await near(year, name) if each[0] == "TLS_CERTIFICATE"}
    await year.pass_to(LATER)
    for _ in range(3):
        await year.transfer()
    problems = (await year.broker_says("verify"))["problems"]
    assert problems == []
    for name in NODES:
        assert (await year.node_says(name, "verify"))["problems"] == []


async def _renew_everything(year: MovedNetwork) -> None:
    """In the order of the page for operators; all programs run all the while."""
    first = await year.broker_says("tls", "authority", "add")
    for name in NODES:
        await renewed(year, name, "renewal")
    await year.broker_says("tls", "renew")
    await year.broker_says("tls", "authority", "retire", "--yes")
    await renewed(year, "che", "only-the-new-authority")
    (trusted,) = certificates_of(read_plain_file(year.home / "che" / "tls" / "ca.pem"), "che")
    assert trusted.subject.rfc4514_string().endswith(Path(first["key"]).stem[3:])
    message = await year.broker_says("key", "rotate", "message", "--wait", "60")
    assert message["changed_over"], message
    operator = await year.broker_says("key", "rotate", "operator")
    await year.broker_says("key", "revoke", "operator", operator["old_keyid"], "--yes")
    await year.broker_says("key", "revoke", "broker", message["old_keyid"], "--yes")
    for name in NODES:
        listed = await year.node_says(name, "key", "list")
        assert message["keyid"] in {each["keyid"] for each in listed["broker"]}
        rotated = await year.node_says(name, "key", "rotate")
        assert (rotated["running"], rotated["connected"]) == (True, True)
        await year.node_says(name, "key", "revoke", rotated["old_keyid"], "--yes")
    # Another way to the same: the request is signed with both keys.
    await renewed(year, "tha", "with-another-key", "--new-signing-key")
