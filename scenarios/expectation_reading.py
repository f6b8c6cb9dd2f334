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
from scenarios.fields import Fields
from scenarios.model import Expectations, Figures, UnitExpectation
from scenarios.names import NO_PARTY, Names
from scenarios.step_reading import STATES
from scenarios.values import Value

T = TypeVar("T")
_MOST = 2**63 - 1
_LAST: Final = time(23, 59, 59, 999_000)
"""Of a day, to the millisecond: finer than that the clearing-house does not tell times."""


_AEF: Final = {state.value.lower(): state.value for state in AefState}


def expectations(value: Value, names: Names) -> Expectations:
    """The last section of a scenario."""
    fields = Fields(
        value,
        optional=(
            "holdings adjustments balances averages indicators as_of aef units transactions reported"
            " open_findings invariants"
        ),
    )
    if not fields.default("invariants", Value.boolean, True):
        fields.at("invariants").fault("invariants always hold; this can only be true")
    return Expectations(
        holdings=fields.default("holdings", lambda v: _holdings(v, names), {}),
        **_figures(fields, names),
        as_of=fields.default("as_of", lambda v: _as_of(v, names), {}),
        aef=fields.default("aef", lambda v: v.choice(_AEF), ""),
        units=fields.default("units", lambda v: _units(v, names), {}),
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


def _holdings(value: Value, names: Names) -> dict[str, int]:
    return {names.account(key): body.integer(0, _MOST) for key, body in value.entries()}


def _signed(value: Value) -> int:
    return value.integer(-_MOST, _MOST)


def _years(value: Value, read: Callable[[Value], T], names: Names) -> dict[PartyCode, dict[int, T]]:
    parties = {}
    for key, body in value.entries():
        party = names.party(key)
        if party != NO_PARTY:
            parties[party] = {year.year(): read(figure) for year, figure in body.entries()}
    return parties


def _units(value: Value, names: Names) -> dict[str, UnitExpectation]:
    units = {}
    for key, body in value.entries():
        name = key.text()
        registry, colon, serial = name.partition(":")
        number = int(serial) if serial.isascii() and serial.isdigit() and len(serial) < 20 else 0  # noqa: PLR2004
        if not colon or not 1 <= number <= MAX_SERIAL:
            key.wrong("a registry and a serial number such as THA01:1")
        elif registry not in names.registries:
            key.fault(f"no node runs the registry {registry}; add it under nodes")
        fields = Fields(body, optional="account first_transferred vintage locked")
        units[name] = UnitExpectation(
            registry=RegistryId(registry),
            serial=number,
            account=fields.maybe("account", names.account),
            first_transferred=fields.maybe("first_transferred", Value.boolean),
            vintage=fields.maybe("vintage", Value.year),
            locked=fields.maybe("locked", Value.boolean),
        )
    return units
