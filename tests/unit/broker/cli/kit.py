# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Directories of brokers for tests of the command line, and how it is called."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from broker.cli import root
from broker.store.engines import DATABASE_ID
from itmo.clock import SystemClock
from itmo.identifiers import NetworkId, NodeId, PartyCode, RegistryId
from itmo.joining import NodeKind, make_join_request, make_tls_request
from itmo.keys import MemorySigner
from itmo.runtime.rpc.tls_keys import generate_tls_key
from tests.kit.clearing import ClearingWorld, trading_world, transfer, use

NETWORK = "test-net"
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Ran:
    """A command that ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:  # noqa: ANN401  # whatever the command prints
        """Its answer, as a reader that knows the contract reads it: 64-bit numbers are text."""
        return numbers(json.loads(self.stdout))

    @property
    def listed(self) -> list[Any]:
        """The one list of an answer that is a list."""
        (found,) = [each for each in self.json.values() if isinstance(each, list)]
        return list(found)


def numbers(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    """Turns text that is a whole number into that number."""
    if isinstance(value, dict):
        return {key: numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [numbers(each) for each in value]
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def broker(*words: object, answer: str = "") -> Ran:
    """Calls the command line; a traceback never counts as an answer to an expected error."""
    result = CliRunner().invoke(root, [str(word) for word in words], input=answer)
    if result.exit_code != 4:
        assert "Traceback" not in result.output
    return Ran(result.exit_code, result.stdout, result.stderr)


def set_up(directory: Path, *words: str) -> Path:
    ran = broker("--dir", directory, "init", "--network", NETWORK, "--test", *words)
    assert ran.exit_code == 0, ran.stderr
    return directory


async def fill(directory: Path) -> ClearingWorld:
    """Puts a lived-in database into a directory that was set up."""
    world = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    first = transfer(world, 1, 1_000)
    first.note = "first red"
    await tha.propose(first)
    await che.accept(first.transaction_id)
    await che.propose(use(world, 1, 100, 2024))
    await tha.propose(transfer(world, 5_000, 6_000))
    await tha.propose(transfer(world, 5_500, 5_600))
    world.connection.execute(
        "INSERT INTO refused_message (refused_at, caller, reason, found, payload_hash)"
        " VALUES (0, 'tha', 'KEY_UNKNOWN', ?, zeroblob(32))",
        ("bad \x1b]0;title\x07 \u202e text",),
    )
    copy = sqlite3.connect(directory / "broker.sqlite")
    world.connection.backup(copy)
    copy.execute(f"PRAGMA application_id = {DATABASE_ID}")
    copy.close()
    return world


def join_request(
    directory: Path, name: str = "che", registry: str = "CHE01", network: str = NETWORK
) -> Path:
    file = directory / f"{name}.join.json"
    text = make_join_request(
        NetworkId(network),
        NodeId(name),
        NodeKind.NATIONAL,
        [RegistryId(registry)],
        [PartyCode(registry[:3])],
        MemorySigner.from_seed(name.encode().ljust(32, b".")),
        make_tls_request(generate_tls_key(directory / f"{name}.tls.key")),
        SystemClock().now(),
    )
    file.write_text(text)
    return file
