# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A CER that is brought over carries a Kyoto serial that can be read and that the law lets over."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import issuing, unknown
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.judging import IN_FORCE, each_lot, has
from broker.rulebook.paris.kyoto_serial import (
    ANNEX_I,
    CER_TYPE,
    SECOND_PERIOD,
    KyotoSerial,
    kyoto_serial,
    type_name,
)
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.underlying import given
from itmo.parties import MECHANISM_REGISTRY, PARTY_OF_ALPHA2


def _cer(lot: Lot) -> bool:
    return lot.attributes.cer is not None


def _applies(case: LotCase) -> bool:
    return issuing(case) and has(case, _cer)


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    stated = lot.attributes
    if stated.cer is None:
        return None
    serial = kyoto_serial(stated.cer.kyoto_serial)
    said = f"{units(lot)} carry the Kyoto serial {name(stated.cer.kyoto_serial)}"
    if isinstance(serial, str):
        return Failure(f"{said}: {serial}")
    excluded = _excluded(serial, lot)
    if excluded:
        return Failure(f"{said}, {excluded}")
    if serial.quantity != lot.quantity:
        return Failure(
            f"{said} of {number(serial.quantity)} units; expected {number(lot.quantity)}, as many as"
            " the block has"
        )
    if given(stated.underlying):
        return Failure(f"{said} and other underlying units; expected the serial alone")
    registry = case.to_registry
    if registry is None:
        return unknown("the registry in which CERs would be issued is not known")
    if registry.party != MECHANISM_REGISTRY:
        return Failure(
            f"{units(lot)} would be issued in {registry.registry}; expected the mechanism registry,"
            " the only one into which CERs are brought"
        )
    return None


def _excluded(serial: KyotoSerial, lot: Lot) -> str:
    """Why units with this serial may not come over; empty where they may."""
    if serial.unit_type != CER_TYPE:
        expected = f"{CER_TYPE}, {type_name(CER_TYPE)}"
        return (
            f"of unit type {serial.unit_type}, {type_name(serial.unit_type)}; expected {expected}"
        )
    if serial.lulucf:
        return f"with land-use activity {serial.lulucf}; expected 0, since a CER has none"
    periods = {serial.original_period, serial.applicable_period}
    if periods != {SECOND_PERIOD}:
        return (
            f"of commitment periods {serial.original_period} and {serial.applicable_period}; expected"
            f" {SECOND_PERIOD}, since the activity was registered from 2013"
        )
    if not serial.project:
        return "of no project; expected the number of the project"
    if serial.origin in ANNEX_I:
        return f"of {serial.origin}, which is in Annex I; expected a host of CDM activities"
    host = lot.attributes.first_transferring_party
    if PARTY_OF_ALPHA2.get(serial.origin) != host:
        return f"of {serial.origin}; expected that of their host {name(host)}"
    return ""


CHECK: Final[Check[LotCase]] = Check(
    id="ID_CER_SERIAL",
    title="The Kyoto serial of a CER is read, is a permanent CER's and is as long as the block",
    category=Category.UNIT,
    citation="3/CMA.3 annex para 75; 7/CMA.4 annex I paras 18-24; Kyoto Protocol Article 12.2",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of certified emission reductions",
    remedy=(
        "Issue CERs in the mechanism registry, each block with the serial of as many units, such as"
        " IN-5-1-1000-2-2-0-9876."
    ),
    applies=_applies,
    run=each_lot(_lot, _cer),
)
