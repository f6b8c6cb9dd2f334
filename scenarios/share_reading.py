# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of how much registries share."""

from __future__ import annotations

from typing import Final

from broker.rulebook.general.sharing import CheckRole, ReportFrequency, SharingLevel
from scenarios.fields import Fields
from scenarios.model import Share
from scenarios.names import NO_REGISTRY, Names
from scenarios.values import Value

_LEVELS: Final = {level.value: level for level in SharingLevel}
_FREQUENCIES: Final = {each.value.lower().replace("_", "-"): each for each in ReportFrequency}
_ROLES: Final = {role.value.lower(): role for role in CheckRole}


def share(value: Value, names: Names) -> Share:
    """A registry says how much it shares."""
    fields = Fields(value, required="registry level", optional="frequency without")
    registry = fields.need("registry", names.registry, NO_REGISTRY)
    names.must_run(names.registries.get(registry, ""), value)
    level = fields.need("level", lambda v: v.choice(_LEVELS), SharingLevel.TRANSACT)
    frequency = fields.maybe("frequency", lambda v: v.choice(_FREQUENCIES))
    if (level is SharingLevel.TRANSACT) != (frequency is None):
        value.fault("frequency goes with the levels VIEW and NOTIFY, and with these only")
    return Share(
        registry=registry,
        level=level,
        frequency=frequency,
        without=fields.default("without", lambda v: tuple(map(_switch, v.items())), ()),
    )


def _switch(value: Value) -> tuple[str, CheckRole]:
    fields = Fields(value, required="check", optional="role")
    return (
        fields.need("check", Value.text, ""),
        fields.default("role", lambda v: v.choice(_ROLES), CheckRole.BOTH),
    )
