# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node's keys and certificate renewed by its commands, while it runs against a real broker."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from itmo.admission import Admission, BrokerKey, write_admission
from itmo.joining import read_join_request
from itmo.keys import KeyPurpose, MemorySigner
from registry_node.app import serve
from registry_node.cli import main
from registry_node.settings import load
from tests.api.broker_kit import Served, served
from tests.kit.clearing import BROKER, NETWORK
from tests.kit.commands import ran

YEAR = timedelta(days=365)
TOLD = MemorySigner.from_seed(b"told".ljust(32, b"."))


@dataclass
class Place:
    """A node's folder, and the broker that it joined."""

    folder: Path
    broker: Served

    async def run(self, *words: str | Path) -> tuple[int, Any]:
        """Runs a command; returns its exit status and what it printed."""
        done = await ran(main, "--dir", self.folder, *words, "--json")
        return done.exit_code, json.loads(done.stdout) if done.stdout.strip() else done.stderr

    async def done(self, *words: str | Path) -> Any:  # noqa: ANN401 - JSON
        code, answer = await self.run(*words)
        assert code == 0, answer
        return answer

    async def admitted(self, request: str, name: str) -> Path:
        """What the broker's operator does with `broker admit`."""
        world = self.broker.world
        asked = read_join_request((self.folder / request).read_text())
        assert world.authority is not None
        issued = world.authority.certify_node(asked.node, asked.tls_request, datetime.now(UTC))
        await world.operator.admit(asked.envelope, issued.tls_key_hash, overlap=YEAR)
        signer, now = world.parts.signer, datetime.now(UTC)
        file = self.folder / name
        file.write_text(
            write_admission(
                Admission(
                    network_id=NETWORK,
                    test_network=True,
                    node=asked.node,
                    broker_node=BROKER,
                    broker_address=f"localhost:{self.broker.port}",
                    ca_pem=world.authority.pem,
                    certificate_pem=issued.pem,
                    broker_keys=(
                        BrokerKey(
                            KeyPurpose.SIGN_RECEIPT, signer.public_key, now - YEAR, now + YEAR
                        ),
                    ),
                )
            )
        )
        return file


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    with tempfile.TemporaryDirectory(prefix="key") as name:
        async with served(real_clock=True) as broker:
            made = Place(Path(name), broker)
            named = ["--node", "che", "--kind", "national", "--registry", "CHE01"]
            await made.done("init", *named, "--network", NETWORK)
            await made.done("join", await made.admitted("join-request.json", "admission.json"))
            yield made


@pytest.fixture
async def running(place: Place) -> AsyncIterator[Place]:
    stopping = asyncio.Event()
    settings = load(place.folder)
    task = asyncio.create_task(serve(settings, stopping, again=lambda: load(place.folder)))
    for _ in range(500):
        if settings.node.operator_socket.exists():
            break
        await asyncio.wait({task}, timeout=0.02)
    yield place
    stopping.set()
    with suppress(asyncio.CancelledError):
        await task


def signer_of(place: Place) -> str:
    return load(place.folder).node.signer


async def test_the_signing_key_is_exchanged_by_one_command(running: Place) -> None:
    listed = await running.done("key", "list")
    old = listed["signing_keyid"]
    assert [each["keyid"] for each in listed["own"]] == [old]
    assert listed["not_asked"] == ""
    assert [each["told"] for each in listed["broker"]] == [False]
    before = signer_of(running)
    rotated = await running.done("key", "rotate")
    assert rotated["old_keyid"] == old
    assert (rotated["running"], rotated["connected"]) == (True, True)
    assert signer_of(running) != before
    listed = await running.done("key", "list")
    assert listed["signing_keyid"] == rotated["keyid"]
    code, refused = await running.run("key", "revoke", rotated["keyid"], "--yes")
    assert (code, refused["error"]["reason"]) == (1, "KEY_IN_USE")
    code, unknown = await running.run("key", "revoke", "ff", "--yes")
    assert (code, unknown["error"]["reason"]) == (1, "KEY_UNKNOWN")
    assert (await running.run("key", "revoke", old))[0] == 2
    await running.done("key", "revoke", old, "--yes")
    listed = await running.done("key", "list")
    assert [each["keyid"] for each in listed["own"] if each.get("revoke_time")] == [old]
    signed = (await running.done("key", "signed", old))["signed"]
    said = [each["kind"] for each in signed if each["kind"] != "reconciliation-statement"]
    assert said == ["key-statement"]
    signed = (await running.done("key", "signed", rotated["keyid"]))["signed"]
    assert [each["kind"] for each in signed] == ["key-statement"]


async def test_the_certificate_is_renewed_while_the_node_runs(running: Place) -> None:
    settings = load(running.folder)
    before = settings.tls.certificate.read_text()
    asked = await running.done("renew")
    request = running.folder / "renew-request.json"
    assert asked["sha256"] == hashlib.sha256(request.read_bytes()).hexdigest()
    assert asked["keyid"] == read_join_request(request.read_text()).keyid
    again = await running.done("renew")
    one, two = (read_join_request(request.read_text()).tls_key_hash for _ in range(2))
    assert (one, again["keyid"]) == (two, asked["keyid"]), "the same TLS key is asked for"
    admission = await running.admitted("renew-request.json", "renewed.json")
    code, refused = await running.run("renew", admission, "--sha256", "00" * 32)
    assert (code, refused["error"]["reason"]) == (2, "PAYLOAD_INVALID")
    assert settings.tls.certificate.read_text() == before
    taken = await running.done("renew", admission)
    assert (taken["running"], taken["connected"]) == (True, True)
    assert taken["signing_key_changed"] is False
    assert settings.tls.certificate.read_text() != before
    assert settings.tls.key.stat().st_mode & 0o777 == 0o600
    await running.done("renew", admission)  # taken up twice, it is the same
    await running.done("check-config")


async def test_a_request_with_another_key_is_signed_with_both(running: Place) -> None:
    old = (await running.done("key", "list"))["signing_keyid"]
    asked = await running.done("renew", "--new-signing-key")
    read = read_join_request((running.folder / "renew-request.json").read_text())
    assert read.keyid == asked["keyid"] != old
    assert read.endorsed_by is not None
    assert read.endorsed_by.keyid == old
    taken = await running.done("renew", await running.admitted("renew-request.json", "n.json"))
    assert (taken["signing_key_changed"], taken["connected"]) == (True, True)
    assert (await running.done("key", "list"))["signing_keyid"] == asked["keyid"]
    assert not list((running.folder / "keys").glob("*.next"))


async def test_a_node_that_does_not_run_renews_for_its_next_start(place: Place) -> None:
    await place.done("renew")
    taken = await place.done("renew", await place.admitted("renew-request.json", "n.json"))
    assert taken["running"] is False
    code, refused = await place.run("key", "rotate")
    assert (code, refused["error"]["reason"]) == (3, "PROGRAM_NOT_RUNNING")


async def test_an_admission_of_another_node_is_not_taken_up(place: Place) -> None:
    before = (place.folder / "tls" / "ca.pem").read_text()
    text = (place.folder / "admission.json").read_text()
    other = place.folder / "other.json"
    other.write_text(text.replace('"node": "che"', '"node": "tha"'))
    code, refused = await place.run("renew", other)
    assert (code, refused["error"]["reason"]) == (2, "CONFIGURATION_INVALID")
    (place.folder / "tls" / "node.pem").unlink()
    (place.folder / "keys" / "tls.pem").unlink()
    await place.done("renew")
    code, refused = await place.run("renew", place.folder / "admission.json")
    assert code in (1, 2), "a certificate for a key that is not here"
    assert (place.folder / "tls" / "ca.pem").read_text() == before


async def test_check_config_believes_the_keys_that_statements_told_of(running: Place) -> None:
    """The key of node.toml ended long ago; a later one was vouched for while it was good."""
    toml = running.folder / "node.toml"
    text = toml.read_text()
    end = re.search(r'not_after = "([^"]+)"', text)
    assert end is not None
    toml.write_text(text.replace(end[1], "2026-01-01T00:00:00.000Z"))
    code, refused = await running.run("check-config")
    assert (code, "broker.keys" in str(refused)) == (2, True)
    told = running.folder / "data" / "node.db"
    with closing(sqlite3.connect(told)) as db, db:
        db.execute(
            "INSERT INTO broker_key (keyid, raw, not_before, not_after) VALUES (?, ?, 0, ?)",
            (TOLD.keyid, TOLD.public_key, 2**42),
        )
    assert (await running.run("check-config"))[0] == 0
