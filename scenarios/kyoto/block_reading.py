# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of blocks of units under the rulebook kyoto."""

from __future__ import annotations

from typing import Final

from itmo.identifiers import RegistryId, parse_registry_id
from scenarios.fields import Fields
from scenarios.kyoto.codes import activity, number_of, track
from scenarios.kyoto.model import KyotoBlockSpec
from scenarios.names import NO_REGISTRY, Names
from scenarios.paris.block_reading import serial, some
from scenarios.values import Value

UNITS: Final = {name: name for name in ("AAU", "RMU", "ERU", "CER", "tCER", "lCER")}
_FIRST_REGISTRY: Final = "01"
"""Of a Party: where units of its projects are numbered."""
BLOCK: Final = "quantity period applicable_period lulucf project track expiry unknown"
"""Keys that any block may have."""


def blocks(value: Value, names: Names, *, replaced: bool = False) -> tuple[KyotoBlockSpec, ...]:
    """Blocks that name their originating registry."""
    return tuple(_block(item, None, names, replaced=replaced) for item in some(value))


def issued_blocks(value: Value, account: str, names: Names) -> tuple[KyotoBlockSpec, ...]:
    """Blocks to be issued; their originating registry is the account's, or one of the host."""
    registry = RegistryId(names.accounts.get(account, ""))
    return tuple(_block(item, registry, names, replaced=False) for item in some(value))


def _block(value: Value, own: RegistryId | None, names: Names, *, replaced: bool) -> KyotoBlockSpec:
    issued = own is not None
    fields = Fields(
        value,
        required="unit first last" if issued else "registry first last",
        optional=f"{BLOCK} registry host" if issued else f"{BLOCK} unit",
    )
    return issued_block(fields, own or NO_REGISTRY, names, replaced=replaced)


def issued_block(
    fields: Fields, own: RegistryId, names: Names, *, replaced: bool = False
) -> KyotoBlockSpec:
    """A block from the keys that it has; its originating registry is that of its host, or the own one."""
    names = names.saying(fields)
    if "host" in fields:
        host = fields.need("host", names.party, "")
        registry = RegistryId(f"{host}{_FIRST_REGISTRY}")
        names.origins.add(registry)
    else:
        registry = fields.default("registry", lambda v: origin(v, names), own)
    return KyotoBlockSpec(
        registry=registry,
        first=fields.need("first", serial, 0),
        last=fields.need("last", serial, 0),
        quantity=fields.maybe("quantity", serial),
        unit=fields.default("unit", lambda v: v.choice(UNITS), ""),
        period=fields.default("period", number_of, 0),
        applicable_period=fields.default("applicable_period", number_of, 0),
        activity=fields.default("lulucf", activity, 0),
        project=fields.default("project", names.project, ""),
        track=fields.maybe("track", track),
        expiry=fields.maybe("expiry", Value.date),
        replaced=replaced,
    )


def origin(value: Value, names: Names) -> RegistryId:
    """A registry that some node runs, or one in whose numbers an earlier step issued for a host."""
    written = value.admitted(parse_registry_id) if not value.is_mapping() else None
    return written if written in names.origins and written else names.registry(value)
