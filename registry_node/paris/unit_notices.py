# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices about units: another authorization or vintage, and what happened at a crediting programme."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast

from google.protobuf.message import Message

from itmo.core.v1 import rulebooks_pb2
from itmo.identifiers import parse_free_text, parse_registry_id, registry_party
from itmo.paris.v1 import attributes_pb2, programmes_pb2, unit_notices_pb2
from itmo.parties import MECHANISM_REGISTRY
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.serials import SerialRange
from registry_node.commands.declare import declare, own_registry
from registry_node.commands.propose import Submitted
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.ledger.holdings import Block, Holding
from registry_node.paris.authorizations import latest_stated

_CONTRIBUTION: Final = frozenset(
    {attributes_pb2.UNIT_TYPE_UNAUTHORIZED_A64ER, attributes_pb2.UNIT_TYPE_MCU}
)
"""Mitigation contribution units; their host's authorization makes ITMOs of them (6/CMA.6)."""


def notify(trip: Trip, written: unit_notices_pb2.UnitNotice) -> Submitted:
    """Queues a notice that gives issued units another authorization or vintage.

    What is left out is filled in: the registry of the units, the latest version of the
    authorization, and the Party.

    Raises:
        ProtocolError: NOT_FOUND, IDENTIFIER_INVALID or PAYLOAD_INVALID.
    """
    filled = unit_notices_pb2.UnitNotice()
    filled.CopyFrom(written)
    parse_free_text(filled.reason, "reason")
    if not filled.units:
        raise _invalid("units", "the units that change, such as THA01:1-100")
    if not filled.HasField("authorization") and not filled.vintage:
        raise _invalid("authorization", "another authorization, another vintage, or both")
    for units in filled.units:
        if not units.registry:
            units.registry = own_registry(trip, "")
    if filled.HasField("authorization"):
        _fill_authorization(trip, filled)
    if not filled.party:
        filled.party = _issuing_party(filled.units[0].registry)
    return declare(trip, PayloadKind.UNIT_NOTICE, filled)


def _fill_authorization(trip: Trip, filled: unit_notices_pb2.UnitNotice) -> None:
    named = filled.authorization
    stated = latest_stated(trip).get(named.id)
    if not named.version:
        if stated is None:
            raise ProtocolError(
                Reason.NOT_FOUND,
                f"this node stated no authorization {named.id[:64]!a}; name its latest version.",
                where="authorization.version",
                found=named.id[:64],
            )
        named.version = stated.version
    if stated is not None and not filled.party:
        filled.party = stated.party


def _issuing_party(registry: str) -> str:
    """The Party of a national registry issues its own units; that of the mechanism has none."""
    party = registry_party(parse_registry_id(registry, "units.registry"))
    if party == MECHANISM_REGISTRY:
        raise _invalid("party", "the first transferring Party of units of the mechanism registry")
    return party


def restate(trip: Trip, kind: PayloadKind, message: Message) -> None:
    """Gives units in own accounts the authorization and vintage that they have in the ledger."""
    if kind is not PayloadKind.UNIT_NOTICE:
        return
    written = cast("unit_notices_pb2.UnitNotice", message)

    def restated(row: Holding) -> Holding:
        known = decoded(rulebooks_pb2.UnitAttributes, row.attributes)
        stated = known.paris
        if written.HasField("authorization"):
            stated.authorization.CopyFrom(written.authorization)
            if stated.unit_type in _CONTRIBUTION:
                stated.unit_type = attributes_pb2.UNIT_TYPE_ITMO
        if written.vintage:
            stated.vintage = written.vintage
        return replace(row, attributes=known.SerializeToString(deterministic=True))

    for units in written.units:
        block = Block(units.registry, SerialRange(units.first, units.last))
        ledger = trip.ledger([block], "")
        ledger.restate(block, restated)
        trip.save_ledger(ledger)


def report_event(trip: Trip, written: programmes_pb2.ProgrammeEvent) -> Submitted:
    """Queues what happened to units of the programme that this node speaks for.

    Raises:
        ProtocolError: NOT_FOUND or PAYLOAD_INVALID.
    """
    filled = programmes_pb2.ProgrammeEvent()
    filled.CopyFrom(written)
    for where in ("beneficiary", "purpose"):
        parse_free_text(getattr(filled, where), where)
    own = trip.identity.programmes
    if not filled.units.registry and len(own) == 1:
        filled.units.registry = own[0]
    if filled.units.registry not in own:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"programme: found {filled.units.registry[:40]!a}, this node speaks for"
            f" {', '.join(own) or 'none'}; name one of them.",
            where="units.registry",
            found=filled.units.registry[:40],
        )
    return declare(trip, PayloadKind.PROGRAMME_EVENT, filled)


def _invalid(where: str, expected: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID, f"{where}: expected {expected}.", where=where, expected=expected
    )
