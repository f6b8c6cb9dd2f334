# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`sef true-up`: what a Party retired and carried over, by serial numbers."""

from __future__ import annotations

from itmo.forms import Json
from itmo.runtime.cli.screen import Screen
from sef.model import Unit
from sef.true_up import TrueUp, Units


def as_tree(found: TrueUp) -> dict[str, Json]:
    """The report as one JSON value."""
    return {
        "party": found.party,
        "period": found.period,
        "retired": [_units(each) for each in found.retired],
        "carried_over": [_units(each) for each in found.carried_over],
    }


def _units(each: Units) -> Json:
    return {"unit": each.unit.value, "serials": each.serials, "quantity": str(each.quantity)}


def tell(screen: Screen, found: TrueUp) -> None:
    """Prints the report."""
    for title, listed in (("Retired", found.retired), ("Carried over", found.carried_over)):
        screen.heading(f"{title}, {found.party}, period {found.period}")
        rows = [(each.unit, each.serials, each.quantity) for each in listed]
        screen.table(("unit", "serial numbers", "quantity"), rows, numbers=("quantity",))
        totals = ((unit, found.total(listed, unit)) for unit in Unit)
        screen.facts((f"total {unit}", quantity) for unit, quantity in totals if quantity)
