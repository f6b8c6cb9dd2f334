# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Directories of brokers for tests of the command line, and how it is called."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from broker.cli import root
from broker.known_regimes import regimes_of
from broker.settings import load_settings
from broker.settings_file import FILE_NAME
from broker.store.engines import DATABASE_ID, Books
from broker.store.log_head import log_end
from itmo.clock import SystemClock
from itmo.identifiers import NetworkId, NodeId, PartyCode, RegistryId
from itmo.joining import make_join_request
from itmo.keys import MemorySigner
from itmo.node_kinds import NodeKind
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.head import HeadFile
from itmo.runtime.db.migrations import in_file
from itmo.runtime.rpc.tls_keys import generate_tls_key
from itmo.tls_request import make_tls_request
from tests.kit import clearing
from tests.kit.clearing import ClearingWorld, trading_world, transfer, use
from tests.kit.postgres import played_on_server, url_of

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
    """Founds a broker in a directory, its books on the engine that this run plays on."""
    told = (
        "--network",
        NETWORK,
        "--test",
        *words,
        *(_on_server(words) if played_on_server() else ()),
    )
    ran = broker("--dir", directory, "init", *told)
    assert ran.exit_code == 0, ran.stderr
    return directory


def _on_server(words: tuple[str, ...]) -> tuple[str, ...]:
    """The option that names a database of this test; nothing where its brokers stay on SQLite."""
    named = [after for word, after in pairwise(words) if word == "--rulebook"]
    made: Connection = clearing.memory_database(  # type: ignore[attr-defined]  # which conftest exchanges
        regimes_of(tuple(named) or ("paris",))
    )
    made.close()
    return () if in_file(made) else ("--database", url_of(made))  # type: ignore[arg-type]  # a decider


def lay(world: ClearingWorld, directory: Path) -> None:
    """Makes the books of a world those of a directory: a copy of them in its file, or theirs on the server."""
    if not in_file(world.connection):
        world.connection.close()  # which gives them free for who comes next; it opens again if asked
        file = directory / FILE_NAME
        file.write_text(file.read_text().replace(where(directory).url, url_of(world.connection)))  # type: ignore[arg-type]  # a decider
        return
    with closing(sqlite3.connect(directory / "broker.sqlite")) as copy:
        world.connection.backup(copy)
        copy.execute(f"PRAGMA application_id = {DATABASE_ID}")


def where(directory: Path) -> Books:
    """The database of a directory, as the programs find it."""
    return load_settings(directory / FILE_NAME, os.environ).database.books


@contextmanager
def books(directory: Path) -> Iterator[Connection]:
    """The database of a directory, past the programs; each statement is committed by itself."""
    found = where(directory)
    if found.url:
        from itmo.runtime.db.server import open_server

        connection: Connection = open_server(found.url, "test", reads=False)
    else:
        connection = sqlite3.connect(found.file, isolation_level=None)
    with closing(connection):
        yield connection


def lived_in(directory: Path) -> Path:
    """A directory that was set up, with a database in use and its head."""
    place = set_up(directory)
    asyncio.run(fill(place))
    file = place / "broker.sqlite"
    with closing(sqlite3.connect(file)) as filled:
        filled.execute("PRAGMA journal_mode = WAL")
        HeadFile.make(file, log_end(filled).head).close()
    return place


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
        " VALUES (0, 'tha', 'KEY_UNKNOWN', ?, ?)",
        ("bad \x1b]0;title\x07 \u202e text", bytes(32)),
    )
    lay(world, directory)
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
