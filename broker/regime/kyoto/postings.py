# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a valid transaction does, from the words of the rulebook to those of the engine."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final

from broker.regime.kyoto.reading import issued_attributes, written_attributes
from broker.regime.postings import GOING_OVER, Issue, Lookup, Move, Postings, Restate, Units
from broker.rulebook.general.ended import EndedUnits
from broker.rulebook.kyoto.attributes import KyotoAttributes, state_of, with_state
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import Track, UnitType
from broker.rulebook.kyoto.effects.effects import Effects
from broker.rulebook.kyoto.judging import Piece, activity_of, pieces_of
from broker.rulebook.kyoto.proposal import KyotoProposed
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2
from itmo.identifiers import RegistryId, registry_party
from itmo.serials import SerialRange

REPLACED: Final = "REPLACED"
"""The mark of units in whose place others have come."""


def postings_of(
    case: KyotoCase, written: proposal_pb2.ProposedTransaction, effects: Effects
) -> Postings:
    """What completing a valid transaction does.

    Args:
        case: By which it was judged.
        written: As its proposer wrote it.
        effects: What it does in the rulebook's eyes.
    """
    blocks = zip(written.blocks, effects.issues, strict=True) if effects.issues else ()
    return Postings(
        issues=tuple(
            Issue(
                units=_units(each.piece),
                to_account=each.to_account,
                attributes=block.attributes.kyoto.SerializeToString(deterministic=True),
                state=state_of(each.piece.attributes),
                lookups=_lookups(each.piece),
            )
            for block, each in blocks
        ),
        moves=tuple(
            Move(_units(each.piece), each.from_account, each.to_account) for each in effects.moves
        ),
        restates=tuple(
            Restate(_units(each.piece), state_of(each.piece.attributes), state_of(each.after))
            for each in effects.changes
        ),
        tallies=effects.counted,
        reserves=effects.reserved,
        notice_id=case.proposed.notice_id,
        terms=terms_of(case.proposed),
    )


def _lookups(piece: Piece) -> tuple[Lookup, ...]:
    """Where units are found that may go over to another rulebook: by host and serial."""
    if piece.attributes.unit_type is not UnitType.CER:
        return ()
    party = registry_party(RegistryId(piece.registry))
    return (Lookup(GOING_OVER, party, piece.range.first, piece.range.last),)


_KEPT: Final = (
    "project",
    "track",
    "period",
    "supplementary_type",
    "log_notice",
    "activity",
    "expiry",
    "opening",
    "had_left",
    "were_replaced",
)
"""What of a transaction its rulebook judges again before it is completed."""


def terms_of(proposed: KyotoProposed) -> str:
    """These, as canonical JSON."""
    said = {name: getattr(proposed, name) for name in _KEPT if getattr(proposed, name)}
    if proposed.expiry is not None:
        said["expiry"] = proposed.expiry.isoformat()
    if proposed.monitored is not None:
        said["monitored"] = [each.isoformat() for each in proposed.monitored]
    return json.dumps(said, sort_keys=True, separators=(",", ":")) if said else ""


def kept_terms(postings: Postings) -> dict[str, Any]:
    """These, as the proposal has them."""
    said = json.loads(postings.terms) if postings.terms else {}
    if "track" in said:
        said["track"] = Track(said["track"])
    if "expiry" in said:
        said["expiry"] = date.fromisoformat(said["expiry"])
    if "monitored" in said:
        said["monitored"] = tuple(map(date.fromisoformat, said["monitored"]))
    return said


def recorded_units(case: KyotoCase) -> tuple[decision_pb2.RecordedUnits, ...]:
    """The units that a transaction is about, as they stand in the ledger, neighbours joined."""
    joined: list[Piece] = []
    for piece in pieces_of(case):
        last = joined[-1] if joined else None
        if last is not None and _continues(last, piece):
            serials = SerialRange(last.range.first, piece.range.last)
            joined[-1] = Piece(piece.registry, serials, piece.attributes)
        else:
            joined.append(piece)
    return tuple(_recorded(_units(each), each.attributes) for each in joined)


PROJECT_REGISTERED: Final = "project_registered"
"""What is told of units that end in a transition, besides what they are: yyyy-mm-dd, or nothing."""


def ended_units(case: KyotoCase) -> tuple[EndedUnits, ...]:
    """The units that a transition ends, for the rulebook under which others begin."""
    told = []
    for piece in pieces_of(case):
        project = case.projects.get(activity_of(piece))
        day = project.registered_on if project else None
        told.append(
            EndedUnits(
                registry=piece.registry,
                range=piece.range,
                attributes=_said(piece.attributes, piece.registry).attributes,
                said={PROJECT_REGISTERED: day.isoformat()} if day else {},
            )
        )
    return tuple(told)


def restated_units(change: Restate, issued: bytes) -> decision_pb2.RecordedUnits | None:
    """What units are after their state changed; None where nothing that is said of them did."""
    registry = change.units.registry
    issued_as = issued_attributes(issued, registry)
    was, now = (with_state(issued_as, state) for state in (change.before, change.after))
    same = was == now and was.replaced_by == now.replaced_by
    return None if same else _recorded(change.units, now)


def recorded_as(issued: bytes, state: str, registry: str) -> decision_pb2.RecordedUnits:
    """What live units are, without their serials."""
    return _said(with_state(issued_attributes(issued, registry), state), registry)


def _recorded(units: Units, are: KyotoAttributes) -> decision_pb2.RecordedUnits:
    said = _said(are, units.registry)
    said.registry, said.first, said.last = units.registry, units.range.first, units.range.last
    return said


def _said(are: KyotoAttributes, registry: str) -> decision_pb2.RecordedUnits:
    """What is said of units that are so, wherever it is said."""
    return decision_pb2.RecordedUnits(
        attributes=rulebooks_pb2.UnitAttributes(kyoto=written_attributes(are, registry)),
        marks=(REPLACED,) if are.replaced_by else (),
    )


def _units(piece: Piece) -> Units:
    return Units(piece.registry, piece.range)


def _continues(before: Piece, piece: Piece) -> bool:
    same = (before.registry, before.attributes) == (piece.registry, piece.attributes)
    return same and before.range.last + 1 == piece.range.first
