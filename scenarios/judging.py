# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what a scenario expects at its end is what the clearing-house's books say."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Final

from aef.checks.casefile import CaseFile
from aef.checks.filed import file_submission
from aef.checks.judging import judge as judge_aefs
from aef.checks.judging import worst
from broker.reports.adjustments import net_adjustments
from broker.reports.holdings import holdings
from broker.reports.paris.aef.drawing import draw_all
from broker.reports.paris.aef.ledger_context import ledger_context
from broker.reports.paris.balances import averages, balance
from broker.reports.paris.meta_registry import positions
from broker.reports.paris.unit_views import UnitView, unit_at
from broker.reports.sharing import findings
from itmo.identifiers import AccountId
from itmo.runtime.db.connection import Connection
from scenarios.expectations import Expectations, Figures, UnitExpectation
from scenarios.kyoto.judging import judge as judge_kyoto
from scenarios.outcome import ExpectationResult, Figure, exactly

_CLOSE: Final = 1e-9
"""Averages are fractions; a file writes them with as many digits as it likes."""


def judge(
    expect: Expectations, database: Connection, account_ids: Mapping[str, AccountId]
) -> Iterator[ExpectationResult]:
    """Compares everything expected of accounts, Parties and units with the books."""
    held = holdings(database)
    for name, quantity in expect.holdings.items():
        yield exactly(f"holdings.{name}", quantity, held.get(account_ids[name], 0))
    yield from _figures(expect, database)
    for moment, then in expect.as_of.items():
        for each in _figures(then, database, moment):
            yield replace(each, path=f"as_of.{moment:%Y-%m-%d}.{each.path}")
    yield from _shared(expect, database)
    if expect.aef:
        yield _aef(expect.aef, database)
    names = {account_id: name for name, account_id in account_ids.items()}
    yield from judge_kyoto(expect.kyoto, database, account_ids)
    for key, unit in expect.units.items():
        yield from _unit(key, unit, unit_at(database, unit.registry, unit.serial), names)


def _shared(expect: Expectations, database: Connection) -> Iterator[ExpectationResult]:
    if not expect.reported and not expect.open_findings:
        return
    held: Counter[str] = Counter()
    for position in positions(database):
        held[position.source.reported_by] += position.quantity
    for registry, quantity in expect.reported.items():
        yield exactly(f"reported.{registry}", quantity, held[registry])
    open_ones = Counter(finding.party for finding in findings(database))
    for party, count in expect.open_findings.items():
        yield exactly(f"open_findings.{party}", count, open_ones[party])


def _figures(
    expect: Figures, database: Connection, as_of: datetime | None = None
) -> Iterator[ExpectationResult]:
    """Figures of Parties as they stood at a time; None: as they stand now."""
    yield from _adjustments(expect, database, as_of)
    for party, years in expect.balances.items():
        for year, figure in years.items():
            stated = balance(database, party, year, as_of).exact
            yield _closely(f"balances.{party}.{year}", figure, stated)
    for party, years in expect.averages.items():
        known = averages(database, party, as_of)
        for year, figure in years.items():
            yield _closely(f"averages.{party}.{year}", figure, known.get(year))
    for party, metrics in expect.indicators.items():
        for metric, years in metrics.items():
            for year, figure in years.items():
                stated = balance(database, party, year, as_of, metric=metric).exact
                yield _closely(f"indicators.{party}.{metric}.{year}", figure, stated)


def _adjustments(
    expect: Figures, database: Connection, as_of: datetime | None
) -> Iterator[ExpectationResult]:
    booked = net_adjustments(database, as_of=as_of)
    for party, years in expect.adjustments.items():
        found = booked.get(party, {})
        if not years:  # an empty mapping says that nothing at all was booked
            listed: Figure = [f"{year}: {amount}" for year, amount in sorted(found.items())]
            yield exactly(f"adjustments.{party}", [], listed)
        for year, quantity in years.items():
            yield exactly(f"adjustments.{party}.{year}", quantity, found.get(year, 0))


def _unit(
    key: str, expect: UnitExpectation, found: UnitView | None, names: Mapping[AccountId, str]
) -> Iterator[ExpectationResult]:
    path = f"units.{key}"
    if found is None:
        yield exactly(path, expected="issued", actual=None)
        return
    figures: tuple[tuple[str, Figure, Figure], ...] = (
        ("account", expect.account, names.get(AccountId(found.account_id), found.account_id)),
        ("first_transferred", expect.first_transferred, found.first_transferred),
        ("vintage", expect.vintage, found.vintage),
        ("locked", expect.locked, found.locked_by is not None),
    )
    for name, expected, actual in figures:
        if expected is not None:
            yield exactly(f"{path}.{name}", expected, actual)


def _aef(expected: str, database: Connection) -> ExpectationResult:
    """The worst state of the AEFs of all Parties and years, drawn from the ledger.

    Where it is another one than expected, what the checks found follows it.
    """
    drawn = draw_all(database)
    filed = [file_submission(number, each) for number, each in enumerate(drawn)]
    judged = judge_aefs(CaseFile(filed, ledger_context(database, drawn)))
    state = worst(state for states in judged.states.values() for state in states.values()).value
    if state == expected:
        return exactly("aef", expected, state)
    found = [
        f"{each.check.id} {each.note.here.filed.name}: {each.note.found or each.note.missing}"
        for each in judged.findings
    ]
    return exactly("aef", expected, [state, *found])


def _closely(path: str, expected: float, actual: Fraction | None) -> ExpectationResult:
    """Whole figures are compared exactly; fractions as far as the format promises."""
    if actual is None:
        return exactly(path, expected, None)
    if actual.denominator == 1 and isinstance(expected, int):
        return exactly(path, expected, actual.numerator)
    figure = float(actual)
    ok = math.isclose(figure, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return ExpectationResult(path=path, expected=expected, actual=figure, ok=ok)
