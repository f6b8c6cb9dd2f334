# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No statement of a decision or of a list reads a table through that grows with the record."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator

import pytest

import broker
from broker.app import memory_database
from broker.reports.paris import booked_sums, timeline_pages, timeline_tables
from broker.store import notice_schema, reconciliation_schema, schema, sharing_schema
from broker.store.lookup_schema import lookup

GROWING = {
    table.name
    for table in (
        schema.message, schema.statement, schema.statement_signature, schema.log_leaf, schema.stated,
        schema.account, schema.transaction, schema.transaction_event, schema.issued_block,
        schema.unit_block, schema.restated, schema.adjustment_entry, schema.reversal,
        schema.mailbox_entry, schema.reserved_serials, schema.tally, lookup,
        *sharing_schema.TABLES, *notice_schema.TABLES, *reconciliation_schema.TABLES,
    )
} - {"sharing", "maintenance"}  # fmt: skip
"""Tables with more rows the longer a clearing-house runs; registries, nodes and Parties are few."""
WHOLE = ("broker.reports.invariants.", "broker.reports.paris.invariants.",
         "broker.reports.kyoto.invariants.", "broker.verifying.")  # fmt: skip
"""Audits: they read everything because that is what they are for."""
EXCUSED = {
    "first row": {
        "broker.reports.dated_ahead LAST_LEAF", "broker.store.log_head _LAST", "broker.reports.newest _STATEMENTS",
        "broker.reports.log_position _LAST", "broker.reports.paris.aef.drawing _SPAN",
    },
    "commands of the operator that list everything": {
        "broker.reports.adjustments _TOTALS", "broker.reports.holdings _ACCOUNTS",
        "broker.reports.paris.unit_views _UNITS", "broker.reports.kyoto.unit_views _UNITS",
        "broker.reports.paris.meta_registry _ALL_REPORTED", "broker.reports.reconciliation _CASES",
        "broker.reports.sharing _FINDINGS", "broker.reports.transactions _LIKE",
        "broker.reports.notices _UNITS", "broker.reports.notices _RECIPIENTS",
        "broker.reports.notices _NOTICES", "broker.reports.notices _WAITING",
        "broker.reports.kyoto.history _ACCOUNTS", "broker.reports.kyoto.log_notices _NAMING",
        "broker.store.tallies _EVERY", "broker.reports.signed_with _MESSAGES",
        "broker.reports.signed_with _STATEMENTS",
    },
    "archives and yearly reports, which are made of the whole record": {
        "broker.reports.kyoto.attestation _HASHES", "broker.reports.kyoto.attestation _STATEMENT",
        "broker.reports.kyoto.sealed_export _STATEMENTS", "broker.reports.kyoto.attestation _LEAVES",
    },
    "reports of registries, which are bounded by what a registry reports": {
        "broker.reports.paris.meta_registry _REPORTED_DEEDS",
    },
    "units in quarantine, which are looked through where there are any": {
        "broker.store.reconciliation _HELD", "broker.store.ahead QUARANTINE",
    },
    "reversals, each of which the operator agreed to": {
        "broker.reports.paris.tracing _UNDOING", "broker.reports.paris.tracing _OF_YEAR",
        "broker.reports.completed _REVERSED", "broker.reports.completed _STOOD",
    },
    "a count along the narrowest index, once for a start or a drawing": {
        "broker.reports.newest _TRANSACTIONS",
    },
    "a parent's row that is put anew, where SQLite looks for its children": {
        "broker.store.sql PUT_REGISTRY",
    },
}  # fmt: skip
_READS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
_NAMED = re.compile(
    r'(?:FROM|JOIN|INTO|UPDATE|,)\s+"?(\w+)"?(?:\s+AS\s+"?(\w+)"?|\s+(?!ON|WHERE|SET|ORDER|JOIN|LEFT|GROUP)(\w+))?'
)


def statements() -> Iterator[tuple[str, str]]:
    """Every statement that a module of the broker holds, once."""
    seen = set()
    for module in pkgutil.walk_packages(broker.__path__, "broker."):
        if "migrations" in module.name or module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            text = value if isinstance(value, str) else getattr(value, "sql", None)
            if isinstance(text, str) and _READS.match(text) and text not in seen:
                seen.add(text)
                yield f"{module.name} {name}", text


def scanned(connection: sqlite3.Connection, text: str) -> list[str]:
    """Growing tables that a statement reads through."""
    names = dict.fromkeys(re.findall(r":(\w+)", text), 1)
    given = names or (1,) * text.count("?")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", given)]
    called = {other or again or name: name for name, other, again in _NAMED.findall(text)}
    read = [each.split()[1] for each in plan if re.match(r"SCAN \w", each)]
    return [called.get(each, each) for each in read if called.get(each, each) in GROWING]


def test_every_statement_finds_its_rows_by_an_index() -> None:
    connection = memory_database()
    excused = set[str]().union(*EXCUSED.values())
    found, used = {}, set()
    for where, text in statements():
        if where.startswith(WHOLE):
            continue
        try:
            tables = scanned(connection, text)
        except sqlite3.Error:
            continue  # part of a statement, or one of another database
        if tables and where in excused:
            used.add(where)
        elif tables:
            found[where] = tables
    assert found == {}
    assert excused - used == set(), "these need no excuse any more"


def test_lists_of_transactions_are_found_by_an_index() -> None:
    from broker.store.transaction_record import TransactionFilter, transactions

    connection = memory_database()
    plans: list[str] = []
    connection.set_trace_callback(plans.append)
    for node in (None, "tha"):
        for registry in (None, "THA01"):
            for state in (None, "REJECTED", "COMPLETED"):
                wanted = TransactionFilter(node=node, registry=registry, state=state)
                transactions(connection, wanted, "x", 10)
    connection.set_trace_callback(None)
    for text in {each for each in plans if "FROM transaction_record" in each}:
        for row in connection.execute(f"EXPLAIN QUERY PLAN {text}"):
            assert not row[3].startswith("SCAN"), text


@pytest.mark.parametrize(
    "text",
    [
        *timeline_pages._HELD_BY.values(), timeline_pages._TOUCHED, timeline_pages._CONCERNED, timeline_pages._MOMENT,
        timeline_pages._HOLDING, timeline_pages._KEPT, timeline_pages._SIZE_ABOVE,
        timeline_pages._SUMS, timeline_pages._FIRST_TRANSFERRED, timeline_pages._DONE,
        timeline_tables.LIVING, booked_sums.SUMS, booked_sums._FIND, booked_sums._LAST,
        booked_sums._LATER,
    ],
)  # fmt: skip
def test_the_timeline_is_asked_along_its_indices(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    for table in timeline_tables.TABLES:
        connection.execute(table)
    names = dict.fromkeys(re.findall(r":(\w+)", text), 1)
    for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", names or (1,) * text.count("?")):
        assert row[3].startswith(("SEARCH", "SCALAR", "CORRELATED")), row[3]
        assert "TEMP B-TREE" not in row[3], "pages come in the order of an index"
