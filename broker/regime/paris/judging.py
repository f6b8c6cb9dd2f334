# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Judges a proposed transaction by the rulebook, and says what it would do."""

from __future__ import annotations

from datetime import date
from typing import Final

from broker.regime.paris.postings import postings_of
from broker.regime.paris.recorded import recorded_units
from broker.regime.regime import Judgement
from broker.rulebook.paris.bookings import Accounting
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.rulebook import judge_proposal
from itmo.core.v1 import proposal_pb2

FIRST_TRANSFER: Final = "FIRST_TRANSFER"
"""Marks a transaction that first transfers units, or would."""


def judge(facts: ParisCase, written: proposal_pb2.ProposedTransaction) -> Judgement:
    """Judges a transaction.

    Args:
        facts: Everything the rulebook may know of it.
        written: As its proposer wrote it.
    """
    judged = judge_proposal(facts)
    marks = (FIRST_TRANSFER,) if judged.accounting.first_transfer else ()
    if not judged.valid:
        return Judgement(findings=judged.findings, valid=False, marks=marks)
    return Judgement(
        findings=judged.findings,
        valid=True,
        marks=marks,
        postings=postings_of(facts, written, judged.accounting),
        not_after=_not_after(facts, judged.accounting),
        units=recorded_units(facts, judged.accounting),
    )


def _not_after(facts: ParisCase, accounting: Accounting) -> date | None:
    """Before which day it has to complete: a period that it books in is final then (2/CMA.3 annex para 12)."""
    days = [
        period.finality_date
        for entry in accounting.entries
        if (party := facts.parties.get(entry.party)) is not None
        and (period := party.period_of(entry.year)) is not None
        and period.finality_date is not None
    ]
    return min(days, default=None)
