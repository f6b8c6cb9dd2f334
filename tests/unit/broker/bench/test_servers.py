# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A measurement on PostgreSQL: a field on an empty database, and a pair of servers that is strict."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from broker.bench import usage
from broker.bench.field import build_field, write_target
from broker.bench.servers import Servers, missing, strict_pair
from broker.bench.usage import usage_below
from broker.settings import load_settings
from broker.settings_file import FILE_NAME
from itmo.runtime.db.server import open_server
from tests.kit.postgres import shared_server

_DATABASES = "SELECT datname FROM pg_database WHERE datname LIKE 'itmo_bench_%'"


@pytest.mark.slow
async def test_a_field_lies_in_a_database_of_its_own_that_is_dropped(tmp_path: Path) -> None:
    here = shared_server()
    servers = Servers(here.url("postgres"))
    assert servers.version().startswith("PostgreSQL ")
    with servers.database() as url:
        field = await build_field(tmp_path, 1, url=url)
        reader = field.books.open_reader()
        held = reader.execute("SELECT sum(quantity) FROM unit_block").fetchone()
        reader.close()
        write_target(field, workers=1)
        assert load_settings(tmp_path / FILE_NAME, {}).database.url == url, "a worker reads it"
        assert held == (1_000_000_000,)
        assert not field.database.exists()
        assert len(here.run(_DATABASES)) == 1
    assert here.run(_DATABASES) == []


def test_what_servers_use_is_that_of_all_their_processes() -> None:
    server = shared_server().process
    assert server is not None
    used = usage_below([server.pid])
    assert used is not None
    assert used.processor > 0
    assert usage_below([os.getpid(), 2**31 - 1]) is None
    assert usage_below([]) is None


def test_a_session_that_ended_since_it_was_named_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(usage, "_children", lambda _: [2**31 - 1])
    assert usage_below([os.getpid()]) is not None


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason="no PostgreSQL here")
def test_a_pair_answers_no_commit_without_its_standby() -> None:
    # A folder of pytest's own is closed to the servers' user.
    with (
        tempfile.TemporaryDirectory(prefix="itmo-bench-") as name,
        strict_pair(Path(name)) as servers,
        servers.database() as url,
    ):
        connection = open_server(url, "test", reads=False)
        found = connection.execute("SELECT sync_state FROM pg_stat_replication").fetchall()
        assert found == [("sync",)]
        assert len(servers.pids) == 2
        connection.close()
