# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every statement that the broker builds is one on PostgreSQL, too: the server takes each of them."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import psycopg

import broker
from broker.app import ALL_REGIMES
from broker.store.fence import open_decider
from broker.store.migrate import SCHEMA, install
from itmo.runtime.db.postgres import PostgresConnection, translated
from itmo.runtime.db.postgres_rows import over_rows
from itmo.runtime.db.rows import Write
from itmo.runtime.db.soundness import schema_faults
from itmo.runtime.db.statement import Statement
from tests.kit.postgres import on_server, shared_server

_PLACE = re.compile(r"%s|%%|%\((\w+)\)s")


def statements() -> Iterator[tuple[str, Statement]]:
    for found in pkgutil.walk_packages(broker.__path__, "broker."):
        if found.name.endswith("__main__") or ".migrations" in found.name:
            continue
        for name, value in vars(importlib.import_module(found.name)).items():
            statement = value.sql if isinstance(value, Write) else value
            if isinstance(statement, Statement):
                yield f"{found.name}.{name}", statement


def numbered(text: str) -> str:
    """With parameters as the server's own PREPARE wants them."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        if found[1] is None or found[1] not in names:
            names.append(found[1] or "")
            return f"${len(names)}"
        return f"${names.index(found[1]) + 1}"

    return _PLACE.sub(place, text)


def refused(connection: PostgresConnection, text: str) -> str:
    try:
        connection.raw.execute(f"PREPARE looked_at AS {numbered(text)}".encode())
    except psycopg.Error as error:
        return str(error).partition("\n")[0]
    connection.raw.execute("DEALLOCATE looked_at")
    return ""


def test_the_server_takes_every_statement() -> None:
    connection = on_server(ALL_REGIMES)
    found = dict(statements())
    assert len(found) > 200
    assert {
        name: fault
        for name, each in found.items()
        if (fault := refused(connection, translated(each)))
    } == {}
    over = {name: over_rows(each).text for name, each in found.items() if each.by_rows}
    assert len(over) > 40
    assert {
        name: fault for name, each in over.items() if (fault := refused(connection, each))
    } == {}
    connection.close()


def test_the_revisions_make_what_the_program_has_on_a_server() -> None:
    """After a change of tables: `python -m broker.store.migrate postgresql`, see broker/store/migrate.py."""
    here = shared_server()
    made = on_server(ALL_REGIMES)
    expected = open_decider(here.fresh())
    for statement in SCHEMA.sql_for_server().split("\n--\n"):
        expected.execute(statement)
    install(expected, ALL_REGIMES)
    assert list(schema_faults(made, expected)) == []
    made.close()
    expected.close()
