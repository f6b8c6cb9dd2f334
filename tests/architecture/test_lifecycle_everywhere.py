# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One life cycle: the table in code, the wire, both databases and the protocol document."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from broker.app import memory_database
from broker.store import schema as broker_schema
from broker.store.triggers import TRIGGERS
from itmo.core.v1 import decision_pb2
from itmo.lifecycle import ACTOR_OF, FINAL, HOLDS_LOCK, MOVES, Event, State, TerminationCause
from registry_node.store import schema as node_schema
from tests.architecture.sources import PROTO

PAGE = (PROTO / "docs" / "protocol.md").read_text(encoding="utf-8")
LISTED = re.compile(r"(\w+) IN \(([^)]*)\)")


def table_of(part: str) -> Iterator[dict[str, str]]:
    """Rows of a generated table of the protocol document."""
    found = re.search(rf"<!-- generated: {part} -->\n(.*?)\n<!-- end", PAGE, re.DOTALL)
    assert found is not None
    lines = [line.strip("| ").split(" | ") for line in found[1].splitlines()]
    head, _, *rows = lines
    return (dict(zip(head, row, strict=True)) for row in rows)


def test_the_document_has_every_move_and_no_other() -> None:
    written = [
        (
            row["from"],
            row["event"],
            row["to"],
            row["who"],
            row["between two registries"] == "yes",
            row["within one registry"] == "yes",
        )
        for row in table_of("lifecycle")
    ]
    assert written == [
        (move.state, move.event, move.to, ACTOR_OF[move.event].lower(), move.two_party, move.single)
        for move in MOVES
    ]


def test_the_document_has_every_state() -> None:
    written = {
        row["state"]: (int(row["number"]), row["final"] == "yes", row["units locked"] == "yes")
        for row in table_of("states")
    }
    assert written == {
        state: (
            decision_pb2.State.Value(f"STATE_{state}"),
            state in FINAL,
            state in HOLDS_LOCK,
        )
        for state in State
    }


def test_the_diagram_has_every_move() -> None:
    arrows = set(re.findall(r"^ {4}(\w+) --> (\w+): (\w+)", PAGE, re.MULTILINE))
    assert arrows == {(move.state, move.to, move.event) for move in MOVES}


def test_the_wire_knows_the_same_states() -> None:
    names = [value.name for value in decision_pb2.State.DESCRIPTOR.values]
    assert names == ["STATE_UNSPECIFIED", *(f"STATE_{state}" for state in State)]


def listed(sql: str) -> dict[str, set[str]]:
    """Columns whose values a CHECK lists."""
    return {
        column: {value.strip().strip("'") for value in values.split(",")}
        for column, values in LISTED.findall(sql)
    }


@pytest.mark.parametrize(
    "table",
    [broker_schema.metadata.tables["transaction_record"], node_schema.metadata.tables["traded"]],
    ids=["broker", "node"],
)
def test_the_databases_admit_the_same_states_and_causes(table: object) -> None:
    sql = str(CreateTable(table).compile(dialect=sqlite.dialect()))  # type: ignore[arg-type]  # a Table
    found = listed(sql)
    assert found["state"] == {state.value for state in State}
    assert found["termination_cause"] == {cause.value for cause in TerminationCause}


def test_the_revisions_admit_the_same_states() -> None:
    made = "SELECT sql FROM sqlite_master WHERE name = 'transaction_record'"
    ((sql,),) = memory_database().execute(made)
    assert listed(sql)["state"] == {state.value for state in State}


def test_the_broker_keeps_the_same_states_final() -> None:
    (trigger,) = (each for each in TRIGGERS if "final state is final" in each)
    (values,) = re.findall(r"OLD\.state IN \(([^)]*)\)", trigger)
    assert {value.strip().strip("'") for value in values.split(",")} == {
        state.value for state in FINAL
    }


def test_every_event_is_in_the_table() -> None:
    assert {move.event for move in MOVES} == set(Event)
