# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A registry's holdings equal the clearing-house's at the agreed cut-off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from broker.rulebook.check import Outcome, Severity
from broker.rulebook.paris.judging import IN_FORCE
from broker.rulebook.paris.reporting.report_check import (
    ReportCategory,
    ReportCheck,
    ReportFacts,
    Trouble,
)
from broker.rulebook.paris.reporting.snapshots import Snapshot


def _run(facts: ReportFacts) -> Iterator[Trouble]:
    for each in facts.snapshots:
        # Whether and how often it reconciles is the Party's choice (7/CMA.4 synthesis report,
        # paras 15, 18).
        if each.every is not None:
            yield from _compared(each)


def _compared(snapshot: Snapshot) -> Iterator[Trouble]:
    where = f"registry {snapshot.registry}"
    if snapshot.stated is None or snapshot.cut_off is None:
        yield Trouble(
            outcome=Outcome.INCONCLUSIVE,
            owner=snapshot.party,
            where=where,
            found="the registry has not stated its holdings yet",
            expected=f"a digest of its holdings every {_days(snapshot)}",
        )
        return
    if snapshot.stated != snapshot.booked:
        yield Trouble(
            outcome=Outcome.FAILED,
            owner=snapshot.party,
            where=where,
            found=f"holdings of {snapshot.cut_off:%Y-%m-%d %H:%M}Z have digest"
            f" {snapshot.stated.hex()[:16]}",
            expected=f"digest {snapshot.booked.hex()[:16]}, as booked",
        )
    elif snapshot.every is not None and snapshot.now - snapshot.cut_off > snapshot.every:
        yield Trouble(
            outcome=Outcome.INCONCLUSIVE,
            owner=snapshot.party,
            where=where,
            found=f"holdings were last stated for {snapshot.cut_off:%Y-%m-%d %H:%M}Z",
            expected=f"a digest of its holdings every {_days(snapshot)}",
        )


def _days(snapshot: Snapshot) -> str:
    days = snapshot.every.days if snapshot.every else 0
    return f"{days} days" if days > 1 else "day"


CHECK: Final = ReportCheck(
    id="REC_REGISTRY_SNAPSHOT",
    title="A registry's holdings equal the clearing-house's at the agreed cut-off",
    category=ReportCategory.RECONCILIATION,
    citation="6/CMA.4 annex I para 9; 7/CMA.4 synthesis report, para 15",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope="registries whose Party chose a frequency of reconciliation",
    remedy="Compare the lists of blocks of both sides; the decision log says which transaction one"
    " side lacks.",
    run=_run,
)
