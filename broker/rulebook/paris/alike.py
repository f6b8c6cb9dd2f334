# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is alike in transactions that move units of one kind from one account to another.

Most of a batch differ in their ids, serials and counts only. What a check makes of the rest is found
out once, on an outline that has nothing but the rest.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import fields
from typing import Final

from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.outline import SomeMoment, SomeQuantity, SomeSerials, outline
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.blocks import ParisBlock, ParisSegment
from broker.rulebook.paris.bookings import Accounting, PlannedEntry
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.proposal import ParisProposed, ParisProposedBlock

NOTHING: Final = (
    "issued_before",
    "waiting",
    "bound",
    "disputed",
    "underlying_taken",
    "underlying_ended",
    "kyoto_units",
)
"""What a block does not have where nothing stands against it."""

_NAMED: Final = frozenset({"parties", "approaches", "registrations", "authorizations"})


def outline_of(case: BookingCase) -> BookingCase:
    """What a case shares with others that are alike: see `broker.regime.paris.kinds`, which says when.

    Left out is what differs: the transaction's id, serials and quantities, when the message was made,
    which transaction brought the units where they are or has locked them, and what was counted.

    Args:
        case: Of one block, all of it in one lot that exists, and with nothing special about it.
    """
    (lot,) = case.lots
    serials = SomeSerials()
    known = _histories(case)
    (block,) = case.blocks
    proposed_block = _proposed_block(block.proposed, serials)
    segment = _segment(block.segments[0], serials)
    return outline(
        BookingCase,
        now=SomeMoment(case.now.date()),
        message=outline(
            MessageFacts,
            sender_node=case.message.sender_node,
            sender_registries=case.message.sender_registries,
        ),
        proposed=_proposed(case.proposed, proposed_block),
        transaction_known=case.transaction_known,
        from_registry=case.from_registry,
        to_registry=case.to_registry,
        from_account=case.from_account,
        to_account=case.to_account,
        blocks=(
            outline(
                ParisBlock,
                proposed=proposed_block,
                segments=(segment,),
                **dict.fromkeys(NOTHING, ()),
            ),
        ),
        reversed=None,
        named_accounts={},
        allotment_accounts={},
        maintenance=(),
        ended=(),
        ended_cers=(),
        parties=case.parties,
        approaches=case.approaches,
        registrations=case.registrations,
        authorizations=known,
        lots=(_lot(lot, segment, serials),),
        gap="",
        accounting=_accounting(case.accounting, serials),
    )


def without_named(outlined: BookingCase) -> BookingCase:
    """An outline without what is asked for by name: that belongs to the moment in which it was made."""
    return outline(BookingCase, **_known(outlined, _NAMED))


def with_counts(outlined: BookingCase, counted: AuthorizationHistory) -> BookingCase:
    """An outline that has also what was issued under the letter of its units, and not what was used.

    Args:
        outlined: Of units that have a letter.
        counted: The letter, with its counts.
    """
    (lot,) = outlined.lots
    history = outline(
        AuthorizationHistory,
        versions=counted.versions,
        issued_quantity=counted.issued_quantity,
        reserved_quantity=counted.reserved_quantity,
    )
    known = _known(lot, {"history"})
    return outline(
        BookingCase,
        **_known(outlined, {"lots"}),
        lots=(outline(Lot, **known, history=history),),
    )


def _known(outlined: BookingCase | Lot, without: Container[str]) -> dict[str, object]:
    """What an outline has, by name, but for some."""
    names = (each.name for each in fields(outlined))
    return {
        name: getattr(outlined, name)
        for name in names
        if name not in without and hasattr(outlined, name)
    }


def _proposed(proposed: ParisProposed, block: ParisProposedBlock) -> ParisProposed:
    return outline(
        ParisProposed,
        type=proposed.type,
        from_account=proposed.from_account,
        to_account=proposed.to_account,
        from_registry=proposed.from_registry,
        to_registry=proposed.to_registry,
        blocks=(block,),
        deadline=None,
        reverses=None,
        notice_id="",
        rulebook=proposed.rulebook,
        begins=None,
        first_transfer=proposed.first_transfer,
        year_of_use=proposed.year_of_use,
        purpose=proposed.purpose,
        entity=proposed.entity,
        allotments=(),
    )


def _proposed_block(block: ParisProposedBlock, serials: SomeSerials) -> ParisProposedBlock:
    known = {"declared_quantity": None} if block.declared_quantity is None else {}
    return outline(
        ParisProposedBlock,
        registry=block.registry,
        role=block.role,
        attributes=block.attributes,
        range=serials,
        **known,
    )


def _segment(segment: ParisSegment, serials: SomeSerials) -> ParisSegment:
    known = {"locked_by": None} if segment.locked_by is None else {}
    return outline(
        ParisSegment,
        registry=segment.registry,
        range=serials,
        account_id=segment.account_id,
        account_type=segment.account_type,
        attributes=segment.attributes,
        first_transferred=segment.first_transferred,
        authorized_at_issuance=segment.authorized_at_issuance,
        first_transfers_reversed=segment.first_transfers_reversed,
        **known,
    )


def _histories(case: BookingCase) -> dict[tuple[str, str], AuthorizationHistory]:
    """Authorizations without what was counted under them."""
    return {name: _history(each) for name, each in case.authorizations.items()}


def _history(history: AuthorizationHistory) -> AuthorizationHistory:
    return outline(AuthorizationHistory, versions=history.versions)


def _lot(lot: Lot, segment: ParisSegment, serials: SomeSerials) -> Lot:
    return outline(
        Lot,
        block=lot.block,
        registry=lot.registry,
        range=serials,
        attributes=lot.attributes,
        segment=segment,
        history=None if lot.history is None else _history(lot.history),
        terms=lot.terms,
        first_transferred=lot.first_transferred,
        giver=lot.giver,
        taker=lot.taker,
        allotment=None,
    )


def _accounting(accounting: Accounting, serials: SomeSerials) -> Accounting:
    """Of one lot: each range in it is that of the lot."""
    return Accounting(
        first_transfer=tuple((registry, serials) for registry, _ in accounting.first_transfer),
        entries=tuple(
            outline(
                PlannedEntry,
                party=each.party,
                year=each.year,
                quantity=SomeQuantity(positive=each.quantity > 0),
                kind=each.kind,
                metric=each.metric,
                registry=each.registry,
                range=serials,
            )
            for each in accounting.entries
        ),
    )
