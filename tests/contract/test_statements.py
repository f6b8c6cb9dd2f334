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
from broker.known_regimes import ALL_REGIMES
from broker.store.fence import open_decider
from broker.store.migrate import SCHEMA, install
from itmo.runtime.db.postgres import PostgresConnection, translated
from itmo.runtime.db.postgres_rows import over_rows
from itmo.runtime.db.rows import Write
from itmo.runtime.db.soundness import schema_faults
from itmo.runtime.db.statement import Statement
from tests.kit.postgres import on_server, shared_server
from tests.unit.broker.store.test_plans import _READS, EXCUSED, GROWING, WHOLE

_BY_INDEX = re.compile(r"Index (?:Only )?Scan(?: Backward)? using \w+ on (\w+)")
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


LISTED = {
    "broker.reports.paris.unit_views._ISSUED": "for an operator's list of all units",
    "broker.store.reconciliation._ROWS": "one for each registry that reconciled",
    "broker.store.reconciliation._CASES": "those of a registry that are open",
    "broker.store.weighing._BLOCKS": "found by their ids, once there are more than a few",
}
"""Read through, and why they may be."""


def read_through(connection: PostgresConnection, text: str) -> set[str]:
    """Growing tables of which the server has no way but to read all, whatever the parameters are."""
    ask = connection.raw.execute
    ask(f"PREPARE looked_at AS {numbered(text)}".encode())
    found = ask(
        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'looked_at'"
    )
    ((count,),) = found.fetchall()
    given = f"({', '.join(['NULL'] * count)})" if count else ""
    plan = [row[0] for row in ask(f"EXPLAIN EXECUTE looked_at{given}".encode()).fetchall()]
    ask("DEALLOCATE looked_at")
    pairs = list(zip(plan, [*plan[1:], ""], strict=True))
    through = {each for line in plan for each in re.findall(r"Seq Scan on (\w+)", line)}
    # Or in the order of an index, each row asked whether one thing is true of it or another.
    through |= {
        seen[1]
        for line, below in pairs
        if (seen := _BY_INDEX.search(line)) and "Filter: " in below and ") OR (" in below
    }
    return through & GROWING


def test_a_server_finds_rows_by_an_index_too() -> None:
    """What SQLite finds by several indices, one after the other, a server may only find by reading all: ids that are
    one of these, or of those that others lead to."""
    connection = on_server(ALL_REGIMES)
    connection.raw.execute("SET plan_cache_mode = force_generic_plan")
    excused = set[str]().union(*EXCUSED.values()) | {
        " ".join(each.rsplit(".", 1)) for each in LISTED
    }
    found, used = dict[str, set[str]](), set[str]()
    for name, each in statements():
        where = " ".join(name.rsplit(".", 1))
        if where.startswith(WHOLE) or not _READS.match(translated(each)):
            continue
        tables = read_through(connection, translated(each))
        if tables and where in excused:
            used.add(".".join(where.split()))
        elif tables:
            found[name] = tables
    connection.close()
    assert found == {}
    assert set(LISTED) <= used, "these need no excuse any more"


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
