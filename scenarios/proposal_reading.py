# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what every proposal says, whatever its rulebook."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from itmo.lifecycle import Completion
from itmo.reasons import shown
from scenarios.fields import Fields
from scenarios.names import Names, Sides
from scenarios.values import Value

_COMPLETIONS: Final = {mode.value.lower().replace("_", "-"): mode for mode in Completion}
_MAX_TIMEOUT: Final = timedelta(days=3)


def transaction(fields: Fields, names: Names, sides: Sides) -> str:
    """The name of a new transaction, whose proposer must be running."""
    name = fields.need("id", Value.text, "")
    if name in names.transactions:
        fields.at("id").fault(f"another transaction has the id {shown(name)} already")
    names.must_run(sides.proposer, fields.value)
    if name:
        names.transactions[name] = sides
    return name


def completion(value: Value) -> Completion:
    """Who gives the last word."""
    return value.choice(_COMPLETIONS)


def timeout(value: Value) -> timedelta:
    """Time-out after the proposal."""
    wanted = value.duration()
    if wanted > _MAX_TIMEOUT:
        value.wrong(f"at most {_MAX_TIMEOUT.days} days, the protocol's limit")
    return wanted
