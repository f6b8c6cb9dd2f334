# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How Paris judges a transaction when it is proposed and when it completes, once for what is alike."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Final, NamedTuple, cast

from broker.regime.paris.kinds import (
    Alike,
    bare_member,
    counted_outline,
    counts,
    found_out,
    key_again,
    key_of,
    member,
)
from broker.regime.paris.known import case_again, case_of, proposed_again
from broker.regime.paris.postings import accounting_of, postings_like, postings_of
from broker.regime.paris.recorded import recorded_like, recorded_units
from broker.regime.postings import Postings
from broker.regime.regime import Judgement, Known, OfAll, ToldOfAll, ToldOfProposed
from broker.regime.seen import Forms, Kinds
from broker.rulebook.check import UNSEEN, Finding, Shared, accepts
from broker.rulebook.general.case import Case
from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.proposal import Proposed
from broker.rulebook.paris import broadly, completion, rulebook
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.completion import judge_completion
from broker.rulebook.paris.proposal import ParisProposed
from broker.rulebook.paris.rulebook import judge_booking
from itmo.core.v1 import proposal_pb2
from itmo.serials import SerialRange


class _Told(NamedTuple):
    """What stands against completing transactions of a kind while their letter is counted the same.

    Attributes:
        of_all: Whether it is the same for all of them; else each is looked at.
        against: What stands against them; None: nothing, or each is looked at.
    """

    of_all: bool
    against: Finding | None


FIRST_TRANSFER: Final = "FIRST_TRANSFER"
"""Marks a transaction that first transfers units, or would."""
_PROPOSED: Final = Kinds[Alike]()
_WAITING: Final = Kinds[Alike]()
_COUNTED: Final = Kinds[_Told]()
_COUNTED_PROPOSED: Final = Kinds[Shared]()
_BROADLY_PROPOSED: Final = Forms(rulebook.RULES, broadly.key_of, broadly.outline_of)
_BROADLY_WAITING: Final = Forms(completion.RULES, broadly.key_of, broadly.outline_of)


def judge(case: Case, known: Known, written: proposal_pb2.ProposedTransaction) -> Judgement:
    """See `broker.regime.regime.Regime.judge`."""
    key = key_of(case, known)
    alike = _PROPOSED.get(key)
    judgement = None if alike is None else _judged_like(alike, case, known)
    if judgement is not None:
        return judgement
    facts = rulebook.case_of(case_of(case, known))
    judgement = _judged(facts, written, _BROADLY_PROPOSED.shared(facts, known))
    if key is not None and alike is None and _PROPOSED.comes_again(key):
        _PROPOSED.keep(key, found_out(rulebook.RULES, facts, judgement, known))
    return judgement


def _judged(
    facts: BookingCase, written: proposal_pb2.ProposedTransaction, shared: Shared | None
) -> Judgement:
    judged = judge_booking(facts, shared)
    marks = (FIRST_TRANSFER,) if judged.accounting.first_transfer else ()
    if not judged.valid:
        return Judgement(findings=judged.findings, valid=False, marks=marks)
    return Judgement(
        findings=judged.findings,
        valid=True,
        marks=marks,
        postings=postings_of(facts, written, judged.accounting),
        not_after=_not_after(facts),
        units=recorded_units(facts, judged.accounting),
    )


def _judged_like(alike: Alike, case: Case, known: Known) -> Judgement | None:
    """What is said of a transaction of a known kind; None where it takes more than what is kept."""
    facts = member(alike, case, cast("ParisProposed", case.proposed), known, waiting=True)
    (held,) = case.blocks[0].segments
    return _judged_as(alike, alike.shared, facts, held.registry, held.range)


def _judged_as(
    alike: Alike, shared: Shared, facts: BookingCase, registry: str, serials: SerialRange
) -> Judgement | None:
    """What is said of a transaction of a kind, by what the rest of the checks makes of a lean case."""
    first = alike.judgement
    try:
        findings = rulebook.RULES.judge(facts, facts.now.date(), shared)
    except UNSEEN:
        return None
    valid = shared.valid if findings is shared.usual else accepts(findings)
    if first is None or (valid and first.postings is None):
        return None
    if not valid:
        return Judgement(findings=findings, valid=False, marks=first.marks)
    return Judgement(
        findings=findings,
        valid=True,
        marks=first.marks,
        postings=postings_like(cast("Postings", first.postings), registry, serials),
        not_after=first.not_after,
        units=recorded_like(first.units, serials),
    )


def told_of_proposed(case: Case, known: Known) -> ToldOfProposed | None:
    """See `broker.regime.regime.Regime.told_of_proposed`: of a kind that was found out before."""
    alike = _PROPOSED.get(key_of(case, known))
    return None if alike is None else partial(_judged_of_all, alike, known, case.now)


def _judged_of_all(
    alike: Alike, known: Known, now: datetime, message: MessageFacts, proposed: Proposed
) -> Judgement | None:
    """What is said of one of a kind, by checks that look at nothing but it and its message."""
    block = proposed.blocks[0]
    if block.range is None:
        return None
    facts = bare_member(alike, now, message, cast("ParisProposed", proposed))
    return _judged_as(alike, _counted_proposed(alike, known), facts, block.registry, block.range)


def _counted_proposed(alike: Alike, known: Known) -> Shared:
    """What checks come to in all of a kind that are proposed, as their letter is counted."""
    key = alike, counts(alike, known)
    shared = _COUNTED_PROPOSED.get(key)
    if shared is None:
        outlined = counted_outline(alike, known, waiting=True)
        shared = rulebook.RULES.also_shared(alike.shared, outlined, outlined.now.date())
        _COUNTED_PROPOSED.keep(key, shared)
    return shared


def still_possible(case: Case, postings: Postings, known: Known) -> Finding | None:
    """See `broker.regime.regime.Regime.still_possible`."""
    key = key_again(case, postings, known)
    alike = _WAITING.get(key)
    told = None if alike is None else _told(alike, known)
    if told is not None and told.of_all:
        return told.against
    proposed = proposed_again(case.proposed, postings)
    if alike is not None:
        facts = member(alike, case, proposed, known, waiting=False)
        try:
            return judge_completion(facts, alike.shared)
        except UNSEEN:
            pass
    full = completion.case_again(case_again(case, proposed, known), accounting_of(postings))
    if key is not None and alike is None and _WAITING.comes_again(key):
        _WAITING.keep(key, found_out(completion.RULES, full, None, known))
    shared = _BROADLY_WAITING.shared(full, known)
    return judge_completion(full, shared)


def told_of_alike(case: Case, postings: Postings, known: Known) -> ToldOfAll | None:
    """See `broker.regime.regime.Regime.told_of_alike`: they are of one kind, which is found out by now."""
    alike = _WAITING.get(key_again(case, postings, known))
    return None if alike is None else partial(_told_of_all, alike, known)


def _told_of_all(alike: Alike, known: Known) -> OfAll | None:
    told = _told(alike, known)
    return OfAll(told.against) if told is not None and told.of_all else None


def _told(alike: Alike, known: Known) -> _Told | None:
    """What stands against completing any of a kind as their letter is counted; None: not found out."""
    key = alike, counts(alike, known).quantity
    told = _COUNTED.get(key)
    if told is None and _COUNTED.comes_again(key):
        try:
            against = judge_completion(counted_outline(alike, known, waiting=False), alike.shared)
            told = _Told(of_all=True, against=against)
        except UNSEEN:
            told = _Told(of_all=False, against=None)
        _COUNTED.keep(key, told)
    return told


def _not_after(facts: BookingCase) -> date | None:
    """Before which day it has to complete: a period that it books in is final then (2/CMA.3 annex para 12)."""
    days = [
        period.finality_date
        for entry in facts.accounting.entries
        if (party := facts.parties.get(entry.party)) is not None
        and (period := party.period_of(entry.year)) is not None
        and period.finality_date is not None
    ]
    return min(days, default=None)
