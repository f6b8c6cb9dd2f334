# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what registries report."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from broker.rulebook.general.reported import ReportedActionType
from scenarios.fields import Fields
from scenarios.model import Report, ReportedAction, ReportedHolding
from scenarios.names import NO_REGISTRY, Names
from scenarios.paris.block_reading import blocks
from scenarios.values import Value

_TYPES: Final = {kind.value.lower(): kind for kind in ReportedActionType}
_MAX_ACCOUNT_TYPE: Final = 999


def report(value: Value, names: Names) -> Report:
    """A registry reports what is in its books; holdings, where they are written, are all it has."""
    fields = Fields(value, required="registry", optional="holdings actions")
    registry = fields.need("registry", names.registry, NO_REGISTRY)
    names.must_run(names.registries.get(registry, ""), value)
    return Report(
        registry=registry,
        complete="holdings" in fields,
        holdings=fields.default(
            "holdings", lambda v: tuple(_holding(each, names) for each in v.items()), ()
        ),
        actions=fields.default(
            "actions", lambda v: tuple(_action(each, names) for each in v.items()), ()
        ),
    )


def _account_type(value: Value) -> int:
    return value.integer(0, _MAX_ACCOUNT_TYPE)


def _holding(value: Value, names: Names) -> ReportedHolding:
    fields = Fields(value, required="type blocks", optional="first_transferred")
    return ReportedHolding(
        account_type=fields.need("type", _account_type, 0),
        blocks=fields.need("blocks", lambda v: blocks(v, names), ()),
        first_transferred=fields.default("first_transferred", Value.boolean, False),
    )


def _action(value: Value, names: Names) -> ReportedAction:
    fields = Fields(
        value,
        required="id action blocks",
        optional="at type counterparty year first_transferred",
    )
    return ReportedAction(
        id=fields.need("id", Value.text, ""),
        kind=fields.need("action", lambda v: v.choice(_TYPES), ReportedActionType.ISSUANCE),
        at=fields.maybe("at", _time),
        blocks=fields.need("blocks", lambda v: blocks(v, names), ()),
        account_type=fields.default("type", _account_type, 0),
        counterparty=fields.maybe("counterparty", names.registry),
        year=fields.maybe("year", Value.year),
        first_transferred=fields.default("first_transferred", Value.boolean, False),
    )


def _time(value: Value) -> datetime:
    return value.time()
