# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How a database on a server is doing, as `broker status` tells it: who decides, and which servers follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from itmo.clearing.v1 import operator_service_pb2 as pb


def database_facts(answer: pb.GetStatusResponse) -> dict[str, object] | None:
    """The database for programs to read; None for a file."""
    from itmo.payloads import moment

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
    }


def show_database(screen: Screen, answer: pb.GetStatusResponse) -> None:
    """The database for people to read; nothing for a file."""
    from itmo import forms
    from itmo.payloads import moment

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
