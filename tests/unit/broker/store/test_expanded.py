# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""This program on a database that the next version has extended: every table has a column that it does not know."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from broker.app import bring_up_to_date
from broker.known_regimes import REGIMES
from broker.regime.regimes import Regimes
from broker.store.engines import made_anew
from broker.store.migrate import SCHEMA
from broker.verifying.verify import verify
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import version_of
from itmo.runtime.db.soundness import schema_faults
from tests.kit import clearing, later_schema
from tests.kit.auditing import broken_invariants
from tests.unit.broker.store.test_verifying import eventful_world


def in_memory(regimes: Regimes) -> Connection:
    made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    made.execute("PRAGMA foreign_keys = ON")
    bring_up_to_date(made, regimes)
    return made


def on_server(regimes: Regimes) -> Connection:
    postgres = pytest.importorskip("tests.kit.postgres", reason="psycopg is not installed")
    from broker.store.fence import open_decider

    if postgres.programs() is None:
        pytest.skip("no PostgreSQL here")
    made = open_decider(postgres.shared_server().fresh())
    bring_up_to_date(made, regimes)
    return made


ENGINES = (
    pytest.param(in_memory, id="sqlite"),
    pytest.param(on_server, id="postgresql", marks=pytest.mark.slow),
)


@pytest.fixture(params=ENGINES)
def extended(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    later_schema.extend_databases(monkeypatch, tmp_path)
    monkeypatch.setattr(clearing, "memory_database", request.param)


@pytest.mark.usefixtures("extended")
async def test_everything_is_written_read_audited_and_verified() -> None:
    world = await eventful_world()
    connection = world.connection
    assert version_of(connection) == "0002"
    assert SCHEMA.newest == "0001"
    fresh = made_anew(connection, REGIMES)
    assert list(schema_faults(connection, fresh)) == []
    fresh.close()
    assert broken_invariants(connection) == []
    assert verify(connection, lambda _: None).problems == ()
    connection.close()
