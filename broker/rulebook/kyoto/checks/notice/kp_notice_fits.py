# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transaction that names a notice of the log is what the notice asks for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.wording import listed, name, number, serials, units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.effects.counts import met
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    named_of,
    pieces_of,
    replacing,
)
from broker.rulebook.kyoto.log_notice import LogNotice, NoticeStatus
from itmo.identifiers import RegistryId, registry_party
from itmo.serials import SerialRange


def _applies(case: KyotoCase) -> bool:
    return bool(case.proposed.log_notice)


def _run(case: KyotoCase) -> Failure | None:
    notice = case.notice
    if notice is None:
        return Failure(f"notice {number(case.proposed.log_notice)} of the log is not known")
    if case.to_account is None:
        return unknown("the target account is not known, so nor is whether the notice asks for it")
    found = [*_parties(case, notice), *_units(case, notice), *_left(case, notice)]
    return joined(found, gap_of(case))


def _parties(case: KyotoCase, notice: LogNotice) -> Iterator[Failure]:
    stated, target = case.proposed, case.to_account
    if notice.registry != stated.from_registry:
        yield Failure(
            f"{notice.title} is to registry {notice.registry}; the units leave"
            f" {name(stated.from_registry)}"
        )
    kind = target.account_type if target else 0
    if not notice.answered_by(stated.type, kind):
        asked = listed(f"{what} {where or ''}".strip() for what, where in notice.row.answers)
        yield Failure(
            f"{notice.title} is answered by {asked}; the transaction is {stated.type} {kind}"
        )
    if notice.activity and stated.activity and notice.activity != stated.activity:
        yield Failure(
            f"{notice.title} is about land-use activity {notice.activity}; the transaction names"
            f" {stated.activity}"
        )


def _units(case: KyotoCase, notice: LogNotice) -> Iterator[Failure]:
    for piece in pieces_of(case):
        valid = piece.attributes.applicable_period
        if notice.period and valid != notice.period:
            yield Failure(
                f"{notice.title} is of commitment period {notice.period}; {units(piece)} are valid in"
                f" {valid}"
            )
    # Of a replacement the units that are replaced are those that the notice is about.
    about = [piece for _, piece in named_of(case)] if replacing(case) else [*pieces_of(case)]
    for piece in about:
        kind = piece.attributes.unit_type
        types = notice.row.units if notice.unit_type is None else {notice.unit_type.name}
        if types and (kind is None or kind.name not in types):
            expected = listed(UnitType[each].title for each in types)
            yield Failure(
                f"{notice.title} is about {expected}; {units(piece)} are"
                f" {kind.title if kind else 'of no type'}"
            )
        if notice.row.project and notice.project and notice.project != _project(piece):
            yield Failure(
                f"{notice.title} is about project {notice.project}; {units(piece)} are of project"
                f" {_project(piece)}"
            )
    if notice.row.project and notice.units:
        yield from _others(about, notice)


def _others(about: Iterable[Piece], notice: LogNotice) -> Iterator[Failure]:
    """Of a notice that names ranges, units that are not among them."""
    expected = listed(serials(registry, each) for registry, each in notice.units)
    named: dict[str, list[SerialRange]] = {}
    for registry, each in sorted(notice.units):
        named.setdefault(registry, []).append(each)
    for piece in about:
        left = [piece.range]
        theirs = named.get(piece.registry, [])
        # Ranges of a notice are disjoint: those that end before the units cut nothing off them.
        for each in theirs[bisect_left(theirs, piece.range.first, key=_last) :]:
            if each.first > piece.range.last or not left:
                break
            left[-1:] = left[-1].subtract(each)
        if left:
            found = listed(serials(piece.registry, each) for each in left)
            yield Failure(f"{notice.title} is about units {expected}; {found} are others")


def _last(each: SerialRange) -> int:
    return each.last


def _left(case: KyotoCase, notice: LogNotice) -> Iterator[Failure]:
    done = case.count(met(notice.number))
    asked, kept = case.proposed.quantity, done.quantity + done.reserved
    if notice.standing(done.quantity, case.now.date()) is NoticeStatus.COMPLETED:
        yield Failure(
            f"{notice.title} is completed: {done.quantity} of {notice.quantity} units were met"
        )
    elif notice.quantity and kept + asked > notice.quantity:
        yield Failure(
            f"{notice.title} asks for {notice.quantity} units, of which {done.quantity} were met and"
            f" {done.reserved} are waiting; {notice.quantity - kept} are left, and the transaction has"
            f" {number(asked)}"
        )


def _project(piece: Piece) -> str:
    return f"{registry_party(RegistryId(piece.registry))}{piece.attributes.project}"


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_NOTICE_FITS",
    title="A transaction fits the notice of the log that it names",
    category=KyotoCategory.NOTICE,
    citation="Data Exchange Standards, notices of the log",
    code="KP-NOTICE-FITS",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions that name a notice of the log",
    remedy="Name a notice that asks for this transaction, for no more units than are left of it; or name none.",
    applies=_applies,
    run=_run,
)
