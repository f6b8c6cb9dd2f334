# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which messages about units come from somebody who has a say in them.

A notice, an event or a report of anybody else is refused for that alone. What it names is then not
looked up: neither the refusal nor the work of it may tell a stranger of the units.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, cast

from broker.clearing.path.received import Received
from broker.regime.regimes import Regimes
from broker.regime.statement import Directory
from broker.rulebook.general.registries import RegistryFacts
from broker.store import decoding, sql
from broker.store.notices import programme_speaker
from itmo.core.v1 import reconciliation_pb2, sharing_pb2
from itmo.payloads import PayloadKind
from itmo.runtime.db.connection import Connection

_OF_A_REGISTRY: Final = frozenset(
    {PayloadKind.REGISTRY_REPORT, PayloadKind.RECONCILIATION_STATEMENT}
)
_OfARegistry = sharing_pb2.RegistryReport | reconciliation_pb2.ReconciliationStatement


class _Directory:
    """Who speaks for whom, as it is stored."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def designated(self, party: str) -> str | None:
        row = self._connection.execute(sql.DESIGNATIONS, _one(party)).fetchone()
        return None if row is None else str(row[1])

    def registry(self, name: str) -> RegistryFacts | None:
        row = self._connection.execute(sql.REGISTRIES, _one(name)).fetchone()
        return None if row is None else decoding.registry(row)

    def speaker(self, programme: str) -> str | None:
        return programme_speaker(self._connection, programme)


def with_a_say(
    connection: Connection, regimes: Regimes, group: Sequence[Received]
) -> list[Received]:
    """Messages about units whose sender has a say in them.

    Where a node is admitted in the same group its say may begin there, so everybody has one.
    """
    admitted = any(received.kind is PayloadKind.NODE_STATEMENT for received in group)
    directory = _Directory(connection)
    return [
        received
        for received in group
        if received.refusal is None
        and _about_units(regimes, received)
        and (admitted or _has_a_say(directory, regimes, received))
    ]


def _about_units(regimes: Regimes, received: Received) -> bool:
    statement = regimes.statement(received.kind)
    return received.kind in _OF_A_REGISTRY or (statement is not None and statement.notice)


def _has_a_say(directory: Directory, regimes: Regimes, received: Received) -> bool:
    sender = received.header.sender_node
    statement = regimes.statement(received.kind)
    if statement is not None:
        return statement.has_say(directory, sender, received.payload)
    known = directory.registry(cast("_OfARegistry", received.payload).registry)
    return known is not None and known.node == sender


def _one(name: str) -> dict[str, str]:
    return {"wanted": json.dumps([name])}
