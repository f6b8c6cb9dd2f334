# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of steps about a registry's books."""

from __future__ import annotations

from typing import Final

from itmo.identifiers import RegistryId, parse_registry_id
from itmo.serials import MAX_SERIAL, SerialRange
from scenarios.books import Reconcile, Resolve
from scenarios.fields import Fields
from scenarios.model import BROKER
from scenarios.names import NO_REGISTRY, Names
from scenarios.values import Value

_REASON: Final = "the registry has put its books right"


def reconcile(value: Value, names: Names) -> Reconcile:
    """A registry's node compares its books with the record; some of them may be lost to it."""
    alone = not value.is_mapping()
    fields = None if alone else Fields(value, required="registry", optional="id snapshot differs")
    registry = (
        names.registry(value)
        if fields is None
        else fields.need("registry", names.registry, NO_REGISTRY)
    )
    names.must_run(names.registries.get(registry, ""), value)
    return Reconcile(
        registry=registry,
        snapshot=fields.maybe("snapshot", Value.time) if fields else None,
        differs=fields.default("differs", _ranges, ()) if fields else (),
    )


def _ranges(value: Value) -> tuple[tuple[RegistryId, SerialRange], ...]:
    return tuple(_range(item) for item in value.items())


def _range(value: Value) -> tuple[RegistryId, SerialRange]:
    fields = Fields(value, required="registry first last")
    first = fields.need("first", lambda v: v.integer(1, MAX_SERIAL), 1)
    last = fields.need("last", lambda v: v.integer(1, MAX_SERIAL), first)
    if last < first:
        fields.at("last").fault(f"the last serial number, {last}, is before the first, {first}")
    registry = fields.need("registry", lambda v: v.admitted(parse_registry_id), None)
    return registry or NO_REGISTRY, SerialRange(first, max(first, last))


def resolve(value: Value, names: Names) -> Resolve:
    """The operator ends the open cases of a registry."""
    names.must_run(BROKER, value)
    if not value.is_mapping():
        return Resolve(registry=names.registry(value), reason=_REASON)
    fields = Fields(value, required="registry", optional="reason")
    return Resolve(
        registry=fields.need("registry", names.registry, NO_REGISTRY),
        reason=fields.default("reason", Value.text, _REASON),
    )
