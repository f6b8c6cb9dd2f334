# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what a scenario expects under the rulebook kyoto is what the clearing-house's books say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final

from broker.reports.kyoto.sef_entries import sef_entries
from broker.reports.kyoto.unit_views import KyotoUnitView, kyoto_units
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.effects import counts
from itmo.identifiers import AccountId
from itmo.runtime.db.connection import Connection
from scenarios.kyoto.model import (
    HeldExpectation,
    KyotoExpectations,
    KyotoUnitExpectation,
    SefExpectation,
)
from scenarios.outcome import ExpectationResult, Figure, exactly
from sef.derivation import Asked, derive
from sef.entries import registry_of
from sef.layouts import LAYOUTS
from sef.looking_up import SIDES, spot_of
from sef.model import Unit

COUNTED: Final[Mapping[str, Callable[[str, int], str]]] = {
    "issued": counts.issued,
    "held": counts.held,
    "retired": counts.retired,
}
"""What is counted of a Party for a period, by the word that a file has for it."""
_WORDS: Final = {
    UnitType.ERU_FROM_AAU: "ERU",
    UnitType.ERU_FROM_RMU: "ERU",
}
_LAST_DAY: Final = date.max
"""Whatever expired by the end of a reported year is in its report."""
_HOST: Final = 3
"""Letters of a Party's code, with which the code of a registry begins."""


def judge(
    expect: KyotoExpectations, database: Connection, account_ids: Mapping[str, AccountId]
) -> Iterator[ExpectationResult]:
    """Compares everything expected with the books."""
    units = kyoto_units(database)
    in_account = Counter[tuple[str, str]]()
    for each in units:
        in_account[each.account_id, word_of(each)] += each.range.quantity
    for name, by_unit in expect.by_unit.items():
        for unit, quantity in by_unit.items():
            found = in_account[account_ids[name], unit]
            yield exactly(f"holdings.{name}.{unit}", quantity, found)
    for number, held in enumerate(expect.held):
        yield exactly(f"held[{number}]", held.value, _held(held, units))
    for party, periods in expect.totals.items():
        for period, words in periods.items():
            for word, quantity in words.items():
                counted = _counted(database, COUNTED[word](party, period))
                yield exactly(f"totals.{party}.{period}.{word}", quantity, counted)
    yield from _reports(expect.sef, database)
    names = {account_id: name for name, account_id in account_ids.items()}
    for key, wanted in expect.units.items():
        yield from _unit(key, wanted, units, names)


def _reports(
    expected: tuple[SefExpectation, ...], database: Connection
) -> Iterator[ExpectationResult]:
    """Cells of reports that are derived from the record."""
    entries = sef_entries(database, _LAST_DAY) if expected else []
    for wanted in expected:
        asked = Asked(party=registry_of(wanted.party), year=wanted.year, period=wanted.period)
        report = derive(entries, asked)
        spot = None
        if report is not None:
            side, unit = SIDES.get(wanted.side), Unit(wanted.unit)
            layout = LAYOUTS[report.layout]
            spot = spot_of(layout, wanted.table, wanted.row, unit, side)
        path = f"sef.{wanted.party}.{wanted.year}.{wanted.table}.{wanted.row}.{wanted.unit}"
        if report is None or spot is None:
            yield exactly(path, expected=wanted.value, actual="no such cell")
        else:
            yield exactly(path, expected=wanted.value, actual=report.cell(spot).quantity)


def word_of(units: KyotoUnitView) -> str:
    """The type of units, as an accountant writes it."""
    kind = units.attributes.unit_type
    return "" if kind is None else _WORDS.get(kind, kind.title)


def _held(wanted: HeldExpectation, units: list[KyotoUnitView]) -> int:
    return sum(
        each.range.quantity
        for each in units
        if (each.holder_registry, each.account_type) == (wanted.registry, wanted.account_type)
        and wanted.period in {0, each.attributes.applicable_period}
        and wanted.unit in {"", word_of(each)}
    )


def _counted(database: Connection, name: str) -> int:
    row = database.execute("SELECT quantity FROM tally WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _unit(
    key: str,
    wanted: KyotoUnitExpectation,
    units: list[KyotoUnitView],
    names: Mapping[AccountId, str],
) -> Iterator[ExpectationResult]:
    path = f"units.{key}"
    found = next(
        (u for u in units if u.registry == wanted.registry and u.range.contains(wanted.serial)),
        None,
    )
    if found is None:
        yield exactly(path, expected="issued", actual=None)
        return
    now = found.attributes
    project = f"{found.registry[:_HOST]}{now.project}" if now.project else ""
    expiry = now.expiry.isoformat() if now.expiry else ""
    figures: tuple[tuple[str, Figure, Figure], ...] = (
        ("account", wanted.account, names.get(AccountId(found.account_id), found.account_id)),
        ("unit", wanted.unit, word_of(found)),
        ("period", wanted.period, now.applicable_period),
        ("project", wanted.project, project),
        ("expiry", wanted.expiry.isoformat() if wanted.expiry else None, expiry),
        ("locked", wanted.locked, found.locked),
    )
    for name, expected, actual in figures:
        if expected is not None:
            yield exactly(f"{path}.{name}", expected, actual)
