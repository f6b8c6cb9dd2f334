# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How a database on a server is doing, as `broker status` tells it: who decides, and which servers follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from itmo.clearing.v1 import operator_service_pb2 as pb

_SLOWED: Final = 1_000
"""Transactions after which a group of messages was seen to take the server several times as long."""


def database_facts(answer: pb.GetStatusResponse) -> dict[str, object] | None:
    """The database for programs to read; None for a file."""
    from itmo.timestamps import moment

    if not answer.HasField("database"):
        return None
    return {
        "epoch": answer.database.epoch,
        "turns": answer.database.turns,
        "brokers": [
            {
                "process": each.process,
                "address": each.address or None,
                "since": moment(each.since, "since"),
                "decided_last": each.last,
            }
            for each in answer.database.brokers
        ],
        "standbys": [
            {"name": each.name, "kind": each.kind or None, "lag_bytes": each.lag_bytes}
            for each in answer.database.standbys
        ],
        "oldest_reader": answer.database.oldest_reader or None,
        "written_since": answer.database.written_since,
    }


def database_metrics(answer: pb.GetStatusResponse) -> list[Any]:
    """The database in figures, each with its name and what it means; for a file those of none."""
    found, there = answer.database, answer.HasField("database")
    return [
        (
            "brokers",
            "Brokers that are connected to decide on the same database.",
            [({}, len(found.brokers))] if there else [],
        ),
        (
            "standby_lag_bytes",
            "What a standby has not applied yet.",
            [({"standby": each.name}, each.lag_bytes) for each in found.standbys],
        ),
        (
            "written_since_oldest_reader",
            "Transactions for whose sake rows that are gone are kept on the server.",
            [({}, found.written_since)] if there else [],
        ),
    ]


def database_warnings(answer: pb.GetStatusResponse) -> list[str]:
    """That somebody reads there for so long that decisions take longer."""
    found = answer.database
    if found.written_since < _SLOWED:
        return []
    said = (
        f"{found.oldest_reader} has been reading the database for {found.written_since} transactions: rows that they"
        " changed are kept for it, and decisions take longer with each. Let it end, or let it read a copy."
    )
    return [said]


def show_database(screen: Screen, answer: pb.GetStatusResponse) -> None:
    """The database for people to read; nothing for a file."""
    from itmo import forms
    from itmo.timestamps import moment

    if not answer.HasField("database"):
        return
    screen.line()
    screen.table(
        ("broker", "connected from", "since", "decided last"),
        [
            (each.process, each.address, forms.moment(moment(each.since, "since")), each.last)
            for each in answer.database.brokers
        ],
        empty="no broker is connected to decide just now",
    )
    if answer.database.standbys:
        screen.table(
            ("standby", "kind", "bytes behind"),
            [
                (each.name, each.kind or "not shown", each.lag_bytes)
                for each in answer.database.standbys
            ],
            numbers=["bytes behind"],
        )
