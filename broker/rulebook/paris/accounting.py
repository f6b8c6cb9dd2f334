# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a transaction books in the adjustment ledger (2/CMA.3 annex paras 7-10, 13-14, 16).

A first transfer adds to the host's balance in the year of the mitigation, inside and outside the
scope of its NDC; a use towards an NDC subtracts from the user's in the year it is used for. An
indicator that is not in greenhouse gases moves the other way. Acquiring, cancelling and using for
other purposes book nothing for the Party that does it. Certified emission reductions have no host
adjustment (3/CMA.3 annex para 75).
"""

from __future__ import annotations

from dataclasses import replace

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.attributes import Metric, UnitType
from broker.rulebook.paris.bookings import Accounting, EntryKind, PlannedEntry
from broker.rulebook.paris.case import ParisCase, ParisReversed
from broker.rulebook.paris.first_transfer import AUTHORIZED, ranges_first_transferred
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.view import lots_of
from itmo.identifiers import RegistryId
from itmo.parties import PartyCode

_USABLE = AUTHORIZED | {UnitType.CER}


def account(case: ParisCase) -> Accounting:
    """Decides what the transaction first transfers and books."""
    return account_lots(case, lots_of(case))


def account_lots(case: ParisCase, lots: tuple[Lot, ...]) -> Accounting:
    """Decides what the transaction first transfers and books, for units already cut into lots."""
    if case.proposed.type is TransactionType.REVERSAL:
        return _undone(case.reversed)
    moved = ranges_first_transferred(case, lots)
    entries = [
        _entry(lot, EntryKind.FIRST_TRANSFER, lot.host, lot.attributes.vintage, sign)
        for lot in moved
        if (sign := _sign(lot))
    ]
    year = case.proposed.year_of_use
    if used_towards_ndc(case) and year is not None:
        entries += [
            _entry(lot, EntryKind.USE, lot.taker, year, -sign)
            for lot in lots
            if lot.taker and lot.attributes.unit_type in _USABLE and (sign := _sign(lot))
        ]
    return Accounting(
        first_transfer=tuple((RegistryId(lot.registry), lot.range) for lot in moved),
        entries=tuple(entries),
    )


def _undone(before: ParisReversed | None) -> Accounting:
    """Books what the reversed transfer booked the other way round."""
    if before is None:
        return Accounting()
    return Accounting(
        entries=tuple(
            replace(entry, quantity=-entry.quantity, kind=EntryKind.FIRST_TRANSFER_REVERSAL)
            for entry in before.entries
            if entry.kind is EntryKind.FIRST_TRANSFER
        ),
        first_transfer_undone=before.first_transfer,
    )


def used_towards_ndc(case: ParisCase) -> bool:
    """True when the transaction is a use into an account of type 200."""
    account = case.to_account
    return (
        case.proposed.type is TransactionType.USE
        and account is not None
        and account.account_type == AccountType.USE_NDC.value
    )


def _sign(lot: Lot) -> int:
    """Of a host's entry: plus for greenhouse gases, minus for an indicator, 0 where not known."""
    metric = lot.attributes.metric
    if metric is None:
        return 0
    return 1 if metric is Metric.GHG else -1


def _entry(lot: Lot, kind: EntryKind, party: str, year: int, sign: int) -> PlannedEntry:
    attributes = lot.attributes
    return PlannedEntry(
        party=PartyCode(party),
        year=year,
        quantity=sign * lot.quantity,
        kind=kind,
        metric="GHG" if attributes.metric is Metric.GHG else attributes.non_ghg_metric,
        registry=RegistryId(lot.registry),
        range=lot.range,
        generation=lot.segment.first_transfers_reversed
        if lot.segment is not None and kind is EntryKind.FIRST_TRANSFER
        else 0,
    )
