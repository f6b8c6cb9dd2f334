# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is broadly alike in transactions, of several blocks and issuances as well: forms, not names.

Of accounts it has the type and what they are for, not which they are; of units what they are, not the
activity or the programme's units behind them. What is there in one transaction only, such as a deadline,
a purpose or a notice, is left out where it is there. A check that asks for what is left out looks at each.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.outline import Sketch, SomeMoment, SomeQuantity, SomeSerials, outline
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.accounts import ParisAccount
from broker.rulebook.paris.alike import NOTHING
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.blocks import ParisBlock, ParisSegment
from broker.rulebook.paris.bookings import Accounting, PlannedEntry
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.proposal import ParisProposed, ParisProposedBlock
from itmo.serials import SerialRange

MAX_LOTS: Final = 16
"""Lots of a transaction of which a kind is made: with more of them each check takes its time anyway."""
Serials = dict[tuple[str, SerialRange], SomeSerials]
"""By registry and range, what stands for the range in an outline."""

CASE: Final = Sketch(
    BookingCase,
    ("transaction_known", "from_registry", "to_registry"),
    (
        "reversed",
        "named_accounts",
        "allotment_accounts",
        "maintenance",
        "ended",
        "ended_cers",
        "gap",
    ),
)
MESSAGE: Final = Sketch(MessageFacts, ("sender_node", "sender_registries"))
PROPOSED: Final = Sketch(
    ParisProposed,
    ("type", "from_registry", "to_registry", "rulebook", "first_transfer", "year_of_use"),
    ("deadline", "reverses", "notice_id", "begins", "purpose", "entity", "allotments"),
)
ACCOUNT: Final = Sketch(
    ParisAccount,
    (
        "registry",
        "account_type",
        "closed",
        "final",
        "listed",
        "rulebook",
        "ndc_period",
        "non_ghg_metric",
        "role",
        "party",
    ),
    ("entity",),
)
BLOCK: Final = Sketch(ParisBlock, (), NOTHING)
PROPOSED_BLOCK: Final = Sketch(
    ParisProposedBlock, ("registry", "role"), ("declared_quantity", "attributes")
)
ATTRIBUTES: Final = Sketch(
    Attributes,
    (
        "unit_type",
        "cooperative_approach",
        "first_transferring_party",
        "vintage",
        "authorization",
        "metric",
        "non_ghg_metric",
        "mitigation_type",
        "outside_ndc_scope",
    ),
    ("sector", "activity_type", "underlying", "cer", "activity"),
)
SEGMENT: Final = Sketch(
    ParisSegment,
    (
        "registry",
        "account_type",
        "first_transferred",
        "authorized_at_issuance",
        "first_transfers_reversed",
    ),
    ("locked_by",),
)
LOT: Final = Sketch(Lot, ("block", "registry", "first_transferred", "giver", "taker", "allotment"))
ENTRY: Final = Sketch(PlannedEntry, ("party", "year", "kind", "metric", "registry"))


def key_of(case: BookingCase) -> Hashable | None:
    """By what a transaction is broadly like others; None where it is like no other.

    What was stated is not in it: whoever compares keys has to know that it is the same.
    """
    if case.reversed or case.ended or not 0 < len(case.lots) <= MAX_LOTS:
        return None
    if any(block.proposed.range is None for block in case.blocks):
        return None
    if len(case.blocks) > MAX_LOTS or case.accounting.first_transfer_undone:
        return None
    places = {(lot.registry, lot.range): place for place, lot in enumerate(case.lots)}
    accounting = _accounting_key(case.accounting, places)
    if accounting is None or len(places) < len(case.lots):
        return None
    proposed, giving, taking = case.proposed, case.from_account, case.to_account
    issues = proposed.type is TransactionType.ISSUANCE
    return (
        case.now.date(),
        CASE.key(case),
        MESSAGE.key(case.message),
        PROPOSED.key(proposed),
        None if giving is None else ACCOUNT.key(giving),
        None if taking is None else ACCOUNT.key(taking),
        tuple([_block_key(each, places, issues=issues) for each in case.blocks]),
        tuple([_lot_key(each) for each in case.lots]),
        tuple(case.authorizations),
        accounting,
    )


def outline_of(case: BookingCase) -> BookingCase:
    """What a case shares with others that have the same key, where the same was stated."""
    serials = {(lot.registry, lot.range): SomeSerials() for lot in case.lots}
    issues = case.proposed.type is TransactionType.ISSUANCE
    blocks = tuple([_block(each, serials, issues=issues) for each in case.blocks])
    giving, taking = case.from_account, case.to_account
    return CASE.outline(
        case,
        now=SomeMoment(case.now.date()),
        message=MESSAGE.outline(case.message),
        proposed=PROPOSED.outline(case.proposed, blocks=tuple([each.proposed for each in blocks])),
        from_account=None if giving is None else ACCOUNT.outline(giving),
        to_account=None if taking is None else ACCOUNT.outline(taking),
        blocks=blocks,
        parties=case.parties,
        approaches=case.approaches,
        registrations=case.registrations,
        authorizations={name: _history(each) for name, each in case.authorizations.items()},
        lots=tuple([_lot(each, serials) for each in case.lots]),
        accounting=_accounting(case.accounting, serials),
    )


# -- units ----------------------------------------------------------------------------------------


def _block_key(
    block: ParisBlock, places: dict[tuple[str, SerialRange], int], *, issues: bool
) -> Hashable:
    named, stated = block.proposed, block.proposed.attributes
    return (
        BLOCK.key(block),
        PROPOSED_BLOCK.key(named),
        places.get((named.registry, named.range)),  # type: ignore[arg-type]  # it is a range
        ATTRIBUTES.key(stated) if issues and stated is not None else None,
        tuple([(SEGMENT.key(each), ATTRIBUTES.key(each.attributes)) for each in block.segments]),
    )


def _block(block: ParisBlock, serials: Serials, *, issues: bool) -> ParisBlock:
    named, stated = block.proposed, block.proposed.attributes
    known: dict[str, object] = {
        "range": serials.get((named.registry, named.range), SomeSerials())  # type: ignore[arg-type]  # it is a range
    }
    if issues and stated is not None:
        known["attributes"] = ATTRIBUTES.outline(stated)
    return BLOCK.outline(
        block,
        proposed=PROPOSED_BLOCK.outline(named, **known),
        segments=tuple([_segment(each, serials) for each in block.segments]),
    )


def _segment(segment: ParisSegment, serials: Serials) -> ParisSegment:
    return SEGMENT.outline(
        segment,
        range=serials[segment.registry, segment.range],
        attributes=ATTRIBUTES.outline(segment.attributes),
    )


def _lot_key(lot: Lot) -> Hashable:
    return (
        LOT.key(lot),
        lot.segment is None,
        lot.history is None,
        None if lot.terms is None else lot.terms.version,
        ATTRIBUTES.key(lot.attributes) if lot.segment is None else None,
    )


def _lot(lot: Lot, serials: Serials) -> Lot:
    return LOT.outline(
        lot,
        range=serials[lot.registry, lot.range],
        attributes=ATTRIBUTES.outline(lot.attributes),
        segment=None if lot.segment is None else _segment(lot.segment, serials),
        history=None if lot.history is None else _history(lot.history),
        terms=lot.terms,
    )


def _history(history: AuthorizationHistory) -> AuthorizationHistory:
    return outline(AuthorizationHistory, versions=history.versions)


# -- what is booked -------------------------------------------------------------------------------


def _accounting_key(
    accounting: Accounting, places: dict[tuple[str, SerialRange], int]
) -> Hashable | None:
    """Which lots are first transferred and booked; None where what is booked is of no lot."""
    try:
        return (
            tuple([places[units] for units in accounting.first_transfer]),
            tuple(
                [
                    (ENTRY.key(each), places[each.registry, each.range], each.quantity > 0)
                    for each in accounting.entries
                ]
            ),
        )
    except KeyError:
        return None


def _accounting(accounting: Accounting, serials: Serials) -> Accounting:
    return Accounting(
        first_transfer=tuple([(units[0], serials[units]) for units in accounting.first_transfer]),
        entries=tuple(
            [
                ENTRY.outline(
                    each,
                    quantity=SomeQuantity(positive=each.quantity > 0),
                    range=serials[each.registry, each.range],
                )
                for each in accounting.entries
            ]
        ),
    )
