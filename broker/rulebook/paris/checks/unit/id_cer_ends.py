# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A CER whose Kyoto unit is on this record begins here in the decision that ends it there."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import issuing, joined, unknown
from broker.rulebook.general.wording import name, number
from broker.rulebook.paris.attributes import Attributes, Cer
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.ended import EndedCers
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.kyoto_serial import KyotoSerial, kyoto_serial
from broker.rulebook.paris.proposal import ParisProposedBlock
from itmo.parties import PARTY_OF_ALPHA2
from itmo.serials import SerialRange


def _applies(case: ParisCase) -> bool:
    return issuing(case) and (bool(case.ended_cers) or any(map(_cer, case.proposed.blocks)))


def _run(case: ParisCase) -> Failure | None:
    if not case.ended_cers:
        return joined(
            [
                Failure(
                    f"CERs {number(kept.first)} to {number(kept.last)} of block {place} are on record under"
                    " the Kyoto Protocol and would not end; expected one decision for both"
                )
                for place, block in enumerate(case.blocks, 1)
                for kept in block.kyoto_units
            ]
        )
    rest = list(case.ended_cers)
    looked_at = [_block(place, each, rest) for place, each in enumerate(case.proposed.blocks, 1)]
    found = [each for each in looked_at if each is not None]
    if rest and not found:
        left = sum(each.range.quantity for each in rest)
        found.append(Failure(f"{number(left)} units would end and none begin in their stead"))
    return joined(found)


def _block(place: int, block: ParisProposedBlock, rest: list[EndedCers]) -> Failure | None:
    """Compares a block with the units that end in its place, and takes these off the list."""
    stated, wanted = _cer(block), block.range
    if wanted is None:
        return unknown(f"block {place} has no valid serial range")
    ended = _taken(rest, wanted.quantity)
    serial = kyoto_serial(stated.kyoto_serial) if stated else "it has none"
    if stated is None or isinstance(serial, str):
        return Failure(f"block {place} names no CERs that end: {serial}")
    if not ended:
        return Failure(f"block {place} begins and nothing ends in its place")
    first, last = ended[0].range.first, ended[-1].range.last
    if (serial.first, serial.last) != (first, last) or not _in_one_run(ended):
        return Failure(
            f"block {place} carries numbers {serial.first} to {serial.last}; expected {first} to"
            f" {last}, those that end in its place"
        )
    return joined([each for one in ended if (each := _compared(place, stated, serial, one))])


def _taken(rest: list[EndedCers], quantity: int) -> list[EndedCers]:
    """The first units off a list, as many as there are of them."""
    taken: list[EndedCers] = []
    while rest and quantity:
        units = rest.pop(0)
        first, last = units.range.first, min(units.range.last, units.range.first + quantity - 1)
        taken.append(replace(units, range=SerialRange(first, last)))
        if last < units.range.last:
            rest.insert(0, replace(units, range=SerialRange(last + 1, units.range.last)))
        quantity -= last - first + 1
    return taken


def _compared(place: int, stated: Cer, serial: KyotoSerial, ended: EndedCers) -> Failure | None:
    said = (
        PARTY_OF_ALPHA2.get(serial.origin),
        serial.unit_type,
        serial.original_period,
        serial.applicable_period,
        serial.lulucf,
        serial.project,
    )
    are = (
        ended.party,
        ended.unit_type,
        ended.original_period,
        ended.applicable_period,
        ended.activity,
        ended.project,
    )
    if said != are:
        return Failure(
            f"block {place} carries the Kyoto serial {name(stated.kyoto_serial)}, which is not that of"
            f" the units that end: they are of {name(ended.party)}, type {ended.unit_type}, periods"
            f" {ended.original_period} and {ended.applicable_period}, project {ended.project}"
        )
    if stated.project_registration_date != ended.registered_on:
        return Failure(
            f"block {place} names the registration date {name(stated.project_registration_date)};"
            f" expected {name(ended.registered_on)}, as the record has it"
        )
    return None


def _in_one_run(ended: list[EndedCers]) -> bool:
    return all(
        one.party == two.party and one.range.last + 1 == two.range.first
        for one, two in pairwise(ended)
    )


def _cer(block: ParisProposedBlock) -> Cer | None:
    stated: Attributes | None = block.attributes
    return None if stated is None else stated.cer


CHECK: Final[Check[ParisCase]] = Check(
    id="ID_CER_ENDS",
    title="A CER on the record ends there in the decision in which it begins here, with the same serial",
    category=Category.UNIT,
    citation="3/CMA.3 annex para 75(b); 7/CMA.4 annex I paras 18-24",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transitions, and other issuances of CERs",
    remedy=(
        "Bring CERs over by a transition, each block with the Kyoto serial of the units that end in its"
        " place."
    ),
    applies=_applies,
    run=_run,
)
