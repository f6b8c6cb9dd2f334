# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which messages about units come from somebody who has a say in them.

A notice, an event or a report of anybody else is refused for that alone. What it names is then not
looked up: neither the refusal nor the work of it may tell a stranger of the units.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from google.protobuf.message import Message

from broker.clearing.received import Received
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.paris.attributes import Underlying
from broker.rulebook.paris.underlying import underlying_range
from broker.store import decoding, statements
from broker.store.notices import NoticeNeeds, programme_speaker
from broker.store.sharing import SharedNeeds
from itmo.core.v1 import sharing_pb2
from itmo.paris.v1 import programmes_pb2, unit_notices_pb2
from itmo.parties import MECHANISM_REGISTRY
from itmo.payloads import PayloadKind
from itmo.programmes import programme_of

_ABOUT_UNITS: Final = frozenset(
    {PayloadKind.UNIT_NOTICE, PayloadKind.PROGRAMME_EVENT, PayloadKind.REGISTRY_REPORT}
)


def with_a_say(connection: sqlite3.Connection, group: Sequence[Received]) -> list[Message]:
    """Payloads about units whose sender has a say in them.

    Where a node is admitted in the same group its say may begin there, so everybody has one.
    """
    admitted = any(received.kind is PayloadKind.NODE_STATEMENT for received in group)
    return [
        received.payload
        for received in group
        if received.kind in _ABOUT_UNITS
        and received.refusal is None
        and (admitted or _has_a_say(connection, received.header.sender_node, received.payload))
    ]


def collect_units(payload: Message, shared: SharedNeeds, notices: NoticeNeeds) -> None:
    """Adds what a message says of units."""
    if isinstance(payload, unit_notices_pb2.UnitNotice):
        notices.collect_notice(payload)
    elif isinstance(payload, programmes_pb2.ProgrammeEvent):
        named = payload.units
        ids = Underlying(named.registry, named.first_unit_id, named.last_unit_id)
        behind = underlying_range(ids)
        if behind is not None:
            notices.collect_event(behind)
    elif isinstance(payload, sharing_pb2.RegistryReport):
        shared.collect(payload)


def _has_a_say(connection: sqlite3.Connection, sender: str, payload: Message) -> bool:
    if isinstance(payload, programmes_pb2.ProgrammeEvent):
        programme = programme_of(payload.units.registry)
        return programme is not None and programme_speaker(connection, programme) == sender
    if isinstance(payload, sharing_pb2.RegistryReport):
        (known,) = _registries(connection, {payload.registry}) or (None,)
        return known is not None and known.node == sender
    if not isinstance(payload, unit_notices_pb2.UnitNotice):
        return False
    named = json.dumps([payload.party])
    row = connection.execute(statements.DESIGNATIONS, {"wanted": named}).fetchone()
    designated = row is not None and row[1] == sender
    # Units of a Party are issued in its registries, in those of its node, or in the mechanism's.
    return all(
        each.node == sender or (designated and each.party in {payload.party, MECHANISM_REGISTRY})
        for each in _registries(connection, {units.registry for units in payload.units})
    )


def _registries(connection: sqlite3.Connection, named: set[str]) -> list[RegistryFacts]:
    wanted = {"wanted": json.dumps(sorted(named))}
    return [decoding.registry(row) for row in connection.execute(statements.REGISTRIES, wanted)]
