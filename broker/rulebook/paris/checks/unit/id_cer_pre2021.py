# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Certified emission reductions are from 2013 to 2020 and for the first NDC only."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.accounting import used_towards_ndc
from broker.rulebook.paris.attributes import UnitType
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.first_transfer import OTHER_PURPOSE_ACCOUNTS
from broker.rulebook.paris.judging import IN_FORCE, concerning, over
from broker.rulebook.paris.lots import Lot
from itmo.serials import SerialRange

_YEARS: Final = range(2013, 2021)
"""From the first day on which an activity may have been registered to the last of Kyoto."""
_FIRST_REGISTRATION: Final = date(2013, 1, 1)


def _cer(lot: Lot) -> bool:
    return lot.attributes.unit_type is UnitType.CER or lot.attributes.cer is not None


def _run(case: BookingCase) -> Failure | None:
    booked = frozenset(
        (entry.registry, entry.range)
        for entry in case.accounting.entries
        if entry.kind is EntryKind.FIRST_TRANSFER
    )
    return over(case, partial(_lot, booked), _cer)


def _lot(booked: frozenset[tuple[str, SerialRange]], case: BookingCase, lot: Lot) -> Failure | None:
    found = _attributes(lot)
    if found:
        return Failure(f"{units(lot)} {found}")
    if (lot.registry, lot.range) in booked:
        return Failure(f"{units(lot)} would book a host adjustment; expected none for CERs")
    account = case.to_account
    if account is None:
        return unknown("the type of the target account is not known")
    if account.account_type in OTHER_PURPOSE_ACCOUNTS:
        return Failure(
            f"{units(lot)} would enter an account of type {account.account_type}; expected use"
            " towards an NDC, the only one open to CERs"
        )
    return _period(case, lot) if used_towards_ndc(case) else None


def _attributes(lot: Lot) -> str:
    stated = lot.attributes
    if stated.unit_type is not UnitType.CER or stated.cer is None:
        return f"are of type {stated.unit_type} and carry CER data or lack them; expected both"
    if stated.vintage not in _YEARS:
        return (
            f"have vintage {number(stated.vintage)}; expected {_YEARS[0]} to {_YEARS[-1]} for CERs"
        )
    if stated.cer.temporary:
        return "are temporary or long-term CERs; expected permanent ones"
    written = stated.cer.project_registration_date
    try:
        registered = date.fromisoformat(written)
    except ValueError:
        return f"name the registration date {name(written)}; expected yyyy-mm-dd"
    if registered < _FIRST_REGISTRATION:
        return (
            f"come from an activity registered on {registered}; expected {_FIRST_REGISTRATION} on"
        )
    if stated.vintage < registered.year:
        return f"have vintage {number(stated.vintage)}, before the activity was registered on {registered}"
    return ""


def _period(case: BookingCase, lot: Lot) -> Failure | None:
    year = case.proposed.year_of_use
    party = case.parties.get(lot.taker)
    if year is None or party is None:
        return unknown("the year of use or the using Party is not known")
    period = party.period_of(year)
    if period is None:
        return unknown(f"the NDC period of {name(lot.taker)} for {number(year)} is not known")
    if period.first_or_first_updated:
        return None
    return Failure(
        f"{units(lot)} are used by {name(lot.taker)} for {number(year)}, in a later NDC; expected"
        " the first or first updated one"
    )


CHECK: Final[Check[BookingCase]] = Check(
    id="ID_CER_PRE2021",
    title="Certified emission reductions are from 2013 to 2020 and for the first NDC only",
    category=Category.UNIT,
    citation="3/CMA.3 annex para 75; 7/CMA.4 annex I paras 19, 22-23",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with certified emission reductions",
    remedy=(
        "Use only permanent CERs of activities registered from 2013, towards a first or "
        "first updated NDC."
    ),
    applies=concerning(_cer),
    run=_run,
)
