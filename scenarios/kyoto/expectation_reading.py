# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what must have come out at the end, under the rulebook kyoto."""

from __future__ import annotations

from collections.abc import Mapping

from itmo.identifiers import PartyCode, RegistryId
from scenarios.fields import Fields
from scenarios.kyoto.block_reading import UNITS
from scenarios.kyoto.codes import number_of, quantity
from scenarios.kyoto.judging import COUNTED
from scenarios.kyoto.model import HeldExpectation, KyotoUnitExpectation, SefExpectation
from scenarios.names import NO_PARTY, NO_REGISTRY, Names
from scenarios.values import Value
from sef.looking_up import SIDES
from sef.model import Unit

_MAX_ACCOUNT_TYPE = 999
_SIDES = {side: side for side in SIDES}
_SEF_UNITS = {unit.value: unit.value for unit in Unit}


def of_units(value: Value) -> dict[str, int]:
    """Units by their type."""
    return {key.choice(UNITS): quantity(body) for key, body in value.entries()}


def held(value: Value, names: Names) -> tuple[HeldExpectation, ...]:
    """Units of registries in accounts of a type, of a period and a unit type where they are named."""
    read = []
    for item in value.items():
        fields = Fields(item, required="registry type value", optional="period unit")
        read.append(
            HeldExpectation(
                registry=fields.need("registry", names.registry, NO_REGISTRY),
                account_type=fields.need("type", lambda v: v.integer(0, _MAX_ACCOUNT_TYPE), 0),
                period=fields.default("period", number_of, 0),
                unit=fields.default("unit", lambda v: v.choice(UNITS), ""),
                value=fields.need("value", quantity, 0),
            )
        )
    return tuple(read)


def reports(value: Value, names: Names) -> tuple[SefExpectation, ...]:
    """Cells of Parties' reports in the standard electronic format."""
    read = []
    for item in value.items():
        fields = Fields(item, required="party year period table row unit value", optional="side")
        read.append(
            SefExpectation(
                party=fields.need("party", names.party, NO_PARTY) or NO_PARTY,
                year=fields.need("year", Value.year, 0),
                period=fields.need("period", number_of, 0),
                table=fields.need("table", Value.text_or_number, ""),
                row=fields.need("row", Value.text_or_number, ""),
                side=fields.default("side", lambda v: v.choice(_SIDES), ""),
                unit=fields.need("unit", lambda v: v.choice(_SEF_UNITS), ""),
                value=fields.need("value", quantity, 0),
            )
        )
    return tuple(read)


def totals(value: Value, names: Names) -> Mapping[PartyCode, Mapping[int, Mapping[str, int]]]:
    """What was counted of Parties for periods."""
    words = {word: word for word in COUNTED}
    return {
        names.party(key) or NO_PARTY: {
            number_of(period): {word.choice(words): quantity(n) for word, n in body.entries()}
            for period, body in of_party.entries()
        }
        for key, of_party in value.entries()
    }


def unit(registry: RegistryId, serial: int, value: Value, names: Names) -> KyotoUnitExpectation:
    """Where a unit is and what it is now."""
    fields = Fields(value, optional="rulebook account unit period project expiry locked")
    return KyotoUnitExpectation(
        registry=registry,
        serial=serial,
        account=fields.maybe("account", names.account),
        unit=fields.maybe("unit", lambda v: v.choice(UNITS)),
        period=fields.maybe("period", number_of),
        project=fields.maybe("project", names.project),
        expiry=fields.maybe("expiry", Value.date),
        locked=fields.maybe("locked", Value.boolean),
    )
