# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what must have come out at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import Final, TypedDict, TypeVar

from aef.checks.states import State as AefState
from itmo.identifiers import PartyCode, RegistryId
from itmo.serials import MAX_SERIAL
from scenarios.expectations import Expectations, Figures, UnitExpectation
from scenarios.fields import Fields
from scenarios.kyoto import expectation_reading as kyoto
from scenarios.kyoto.model import KyotoExpectations, KyotoUnitExpectation
from scenarios.model import RULEBOOKS, Rulebook
from scenarios.names import NO_PARTY, Names
from scenarios.step_reading import STATES
from scenarios.values import Value

T = TypeVar("T")
_MOST = 2**63 - 1
_LAST: Final = time(23, 59, 59, 999_000)
"""Of a day, to the millisecond: finer than that the clearing-house does not tell times."""


_Holdings = tuple[dict[str, int], dict[str, dict[str, int]]]
_Units = tuple[dict[str, UnitExpectation], dict[str, KyotoUnitExpectation]]
_NO_HOLDINGS: Final[_Holdings] = ({}, {})
_NO_UNITS: Final[_Units] = ({}, {})
_AEF: Final = {state.value.lower(): state.value for state in AefState}


def expectations(value: Value, names: Names) -> Expectations:
    """The last section of a scenario."""
    fields = Fields(
        value,
        optional=(
            "holdings adjustments balances averages indicators as_of aef units transactions reported"
            " open_findings invariants held totals sef"
        ),
    )
    if not fields.default("invariants", Value.boolean, True):
        fields.at("invariants").fault("invariants always hold; this can only be true")
    holdings = fields.default("holdings", lambda v: _holdings(v, names), _NO_HOLDINGS)
    units = fields.default("units", lambda v: _units(v, names), _NO_UNITS)
    return Expectations(
        holdings=holdings[0],
        **_figures(fields, names),
        as_of=fields.default("as_of", lambda v: _as_of(v, names), {}),
        aef=fields.default("aef", lambda v: v.choice(_AEF), ""),
        units=units[0],
        transactions=fields.default(
            "transactions",
            lambda v: {names.transaction(key): body.choice(STATES) for key, body in v.entries()},
            {},
        ),
        reported=fields.default(
            "reported",
            lambda v: {names.registry(key): body.integer(0, _MOST) for key, body in v.entries()},
            {},
        ),
        open_findings=fields.default(
            "open_findings",
            lambda v: {names.party(key): body.integer(0, _MOST) for key, body in v.entries()},
            {},
        ),
        kyoto=KyotoExpectations(
            by_unit=holdings[1],
            held=fields.default("held", lambda v: kyoto.held(v, names), ()),
            totals=fields.default("totals", lambda v: kyoto.totals(v, names), {}),
            units=units[1],
            sef=fields.default("sef", lambda v: kyoto.reports(v, names), ()),
        ),
    )


class _Figures(TypedDict):
    adjustments: Mapping[PartyCode, Mapping[int, int]]
    balances: Mapping[PartyCode, Mapping[int, float]]
    averages: Mapping[PartyCode, Mapping[int, float]]
    indicators: Mapping[PartyCode, Mapping[str, Mapping[int, float]]]


def _figures(fields: Fields, names: Names) -> _Figures:
    """What is expected of Parties, at the end or at an earlier time."""
    return {
        "adjustments": fields.default("adjustments", lambda v: _years(v, _signed, names), {}),
        "balances": fields.default("balances", lambda v: _years(v, Value.number, names), {}),
        "averages": fields.default("averages", lambda v: _years(v, Value.number, names), {}),
        "indicators": fields.default("indicators", lambda v: _indicators(v, names), {}),
    }


def _indicators(value: Value, names: Names) -> dict[PartyCode, dict[str, dict[int, float]]]:
    return {
        names.party(key): {
            metric.text(): {year.year(): figure.number() for year, figure in years.entries()}
            for metric, years in body.entries()
        }
        for key, body in value.entries()
    }


def _as_of(value: Value, names: Names) -> dict[datetime, Figures]:
    """Figures by the time at which they must have stood; a day means its last moment."""
    read = {}
    for key, body in value.entries():
        moment = key.time() if "T" in key.node.value else datetime.combine(key.date(), _LAST, UTC)
        fields = Fields(body, optional="adjustments balances averages indicators")
        read[moment] = Figures(**_figures(fields, names))
    return read


def _holdings(value: Value, names: Names) -> _Holdings:
    """Units by account, and units by account and type where a file tells these apart."""
    in_all, by_unit = {}, {}
    for key, body in value.entries():
        account = names.account(key)
        if body.is_mapping():
            by_unit[account] = kyoto.of_units(body)
        else:
            in_all[account] = body.integer(0, _MOST)
    return in_all, by_unit


def _signed(value: Value) -> int:
    return value.integer(-_MOST, _MOST)


def _years(value: Value, read: Callable[[Value], T], names: Names) -> dict[PartyCode, dict[int, T]]:
    parties = {}
    for key, body in value.entries():
        party = names.party(key)
        if party != NO_PARTY:
            parties[party] = {year.year(): read(figure) for year, figure in body.entries()}
    return parties


def _units(value: Value, names: Names) -> _Units:
    """Units as their rulebook describes them."""
    units: dict[str, UnitExpectation] = {}
    of_kyoto: dict[str, KyotoUnitExpectation] = {}
    for key, body in value.entries():
        name = key.text()
        registry, colon, serial = name.partition(":")
        number = int(serial) if serial.isascii() and serial.isdigit() and len(serial) < 20 else 0  # noqa: PLR2004
        if not colon or not 1 <= number <= MAX_SERIAL:
            key.wrong("a registry and a serial number such as THA01:1")
        elif registry not in names.registries and registry not in names.origins:
            key.fault(f"no node runs the registry {registry}; add it under nodes")
        if _rulebook(body, names) is Rulebook.KYOTO:
            of_kyoto[name] = kyoto.unit(RegistryId(registry), number, body, names)
            continue
        fields = Fields(body, optional="rulebook account first_transferred vintage locked")
        units[name] = UnitExpectation(
            registry=RegistryId(registry),
            serial=number,
            account=fields.maybe("account", names.account),
            first_transferred=fields.maybe("first_transferred", Value.boolean),
            vintage=fields.maybe("vintage", Value.year),
            locked=fields.maybe("locked", Value.boolean),
        )
    return units, of_kyoto


def _rulebook(value: Value, names: Names) -> Rulebook:
    """Under which rulebook units are expected: as they say, or as the file is."""
    for key, body in value.entries() if value.is_mapping() else ():
        if key.node.value == "rulebook":
            return body.choice(RULEBOOKS)
    return names.rulebook
