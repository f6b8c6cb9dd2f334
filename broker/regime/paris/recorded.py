# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a verdict states of units: every attribute, as they stand in the ledger, for every side.

A proposal may state no attributes; its receiver, and whoever keeps books beside it, learns them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from broker.ledger.overlaps import Overlaps, Place
from broker.regime.paris.known import current
from broker.regime.paris.reading import METRICS, MITIGATION_TYPES, UNIT_TYPES, stated_attributes
from broker.regime.paris.state import read_state
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.bookings import Accounting
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.first_transfer import FIRST_TRANSFERRED
from itmo.core.v1 import decision_pb2, rulebooks_pb2
from itmo.identifiers import RegistryId
from itmo.paris.v1 import attributes_pb2
from itmo.serials import SerialRange

_UNIT_TYPE_NUMBERS: Final = {
    unit_type: attributes_pb2.UnitType.Value(f"UNIT_TYPE_{unit_type or 'UNSPECIFIED'}")
    for unit_type in UNIT_TYPES.values()
}
_METRIC_NUMBERS: Final = {
    metric: attributes_pb2.Metric.Value(f"METRIC_{metric or 'UNSPECIFIED'}")
    for metric in METRICS.values()
}
_MITIGATION_NUMBERS: Final = {
    kind: attributes_pb2.MitigationType.Value(f"MITIGATION_TYPE_{kind or 'UNSPECIFIED'}")
    for kind in MITIGATION_TYPES.values()
}
_KEPT: Final = 1024
"""Sets of attributes kept as they are written: what is traded in a day; half a kilobyte each."""


@lru_cache(maxsize=_KEPT)
def recorded_as(issued: bytes, state: str) -> decision_pb2.RecordedUnits:
    """What live units are, without their serials; whoever gets it copies and never changes it."""
    now = read_state(state)
    return decision_pb2.RecordedUnits(
        attributes=rulebooks_pb2.UnitAttributes(
            paris=_written(current(stated_attributes(issued), now))
        ),
        marks=[FIRST_TRANSFERRED] if now.first_transferred else [],
    )


class _Run(NamedTuple):
    """Units that are alike."""

    registry: str
    serials: SerialRange
    attributes: Attributes
    first_transferred: bool


def recorded_units(
    facts: ParisCase, accounting: Accounting
) -> tuple[decision_pb2.RecordedUnits, ...]:
    """The units that a valid transaction is about, as it leaves them, neighbours joined."""
    return tuple(
        decision_pb2.RecordedUnits(
            registry=run.registry,
            first=run.serials.first,
            last=run.serials.last,
            attributes=rulebooks_pb2.UnitAttributes(paris=_written(run.attributes)),
            marks=[FIRST_TRANSFERRED] if run.first_transferred else [],
        )
        for run in _joined(_runs(facts, accounting))
    )


def recorded_like(
    first: tuple[decision_pb2.RecordedUnits, ...], serials: SerialRange
) -> tuple[decision_pb2.RecordedUnits, ...]:
    """The units of a valid transaction that is like another one but for its units, which are one run."""
    (said,) = first
    made = decision_pb2.RecordedUnits()
    made.CopyFrom(said)
    made.first, made.last = serials.first, serials.last
    return (made,)


def _runs(facts: ParisCase, accounting: Accounting) -> Iterator[_Run]:
    """The units in the order of the blocks; of an issuance as its blocks state them."""
    made = Overlaps(_place, accounting.first_transfer)
    undone = Overlaps(_place, accounting.first_transfer_undone)
    whole = frozenset(() if len(undone) else accounting.first_transfer)
    for block in facts.blocks:
        stated, serials = block.proposed.attributes, block.proposed.range
        pieces = [
            _Run(each.registry, each.range, each.attributes, each.first_transferred)
            for each in block.segments
        ]
        if not pieces and stated is not None and serials is not None:
            pieces = [_Run(block.proposed.registry, serials, stated, first_transferred=False)]
        for piece in pieces:
            if (piece.registry, piece.serials) in whole:  # nearly always, and soon said
                yield piece._replace(first_transferred=True)
                continue
            changed = [
                *_shared(piece, made, first_transferred=True),
                *_shared(piece, undone, first_transferred=False),
            ]
            rest = [piece.serials]
            for part in changed:
                rest = [left for run in rest for left in run.subtract(part.serials)]
            yield from sorted(
                [*changed, *(piece._replace(serials=left) for left in rest)],
                key=lambda part: part.serials.first,
            )


def _shared(
    piece: _Run, ranges: Overlaps[tuple[RegistryId, SerialRange]], *, first_transferred: bool
) -> Iterator[_Run]:
    """The parts of a piece whose first transfer a transaction makes, or undoes."""
    serials = piece.serials
    for _, found in ranges.overlapping(piece.registry, serials.first, serials.last):
        shared = found.intersection(serials)
        if shared is not None:
            yield piece._replace(serials=shared, first_transferred=first_transferred)


def _joined(runs: Iterable[_Run]) -> list[_Run]:
    joined: list[_Run] = []
    for run in runs:
        before = joined[-1] if joined else None
        if before is not None and _continues(before, run):
            serials = SerialRange(before.serials.first, run.serials.last)
            joined[-1] = before._replace(serials=serials)
        else:
            joined.append(run)
    return joined


def _continues(before: _Run, run: _Run) -> bool:
    return before.serials.last + 1 == run.serials.first and before == run._replace(
        serials=before.serials
    )


def _place(named: tuple[RegistryId, SerialRange]) -> Place:
    return named[0], named[1].first, named[1].last


@lru_cache(maxsize=_KEPT)
def _written(attributes: Attributes) -> attributes_pb2.UnitAttributes:
    """Attributes as they travel; whoever gets them copies and never changes them."""
    authorization, underlying, cer = attributes.authorization, attributes.underlying, attributes.cer
    return attributes_pb2.UnitAttributes(
        unit_type=_UNIT_TYPE_NUMBERS[attributes.unit_type],
        cooperative_approach=attributes.cooperative_approach,
        first_transferring_party=attributes.first_transferring_party,
        vintage=attributes.vintage,
        authorization=None
        if authorization is None
        else attributes_pb2.AuthorizationReference(
            id=authorization.id, version=authorization.version
        ),
        metric=_METRIC_NUMBERS[attributes.metric],
        non_ghg_metric=attributes.non_ghg_metric,
        mitigation_type=_MITIGATION_NUMBERS[attributes.mitigation_type],
        sector=attributes.sector,
        activity_type=attributes.activity_type,
        underlying=None
        if underlying is None
        else attributes_pb2.UnderlyingUnits(
            registry=underlying.registry,
            first_unit_id=underlying.first_unit_id,
            last_unit_id=underlying.last_unit_id,
        ),
        cer=None
        if cer is None
        else attributes_pb2.CertifiedEmissionReduction(
            kyoto_serial=cer.kyoto_serial,
            project_registration_date=cer.project_registration_date,
            temporary=cer.temporary,
        ),
        activity=attributes.activity,
        outside_ndc_scope=attributes.outside_ndc_scope,
    )
