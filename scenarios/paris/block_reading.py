# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of blocks of units."""

from __future__ import annotations

from typing import Final

from broker.rulebook.paris.attributes import Cer, MitigationType, Underlying, UnitType
from itmo.identifiers import RegistryId, parse_party_code
from scenarios.fields import Fields
from scenarios.model import BlockSpec
from scenarios.names import NO_REGISTRY, Names
from scenarios.values import Value
from scenarios.world_reading import METRICS

_MITIGATION_TYPES: Final = {
    "Emission reductions": MitigationType.EMISSION_REDUCTIONS,
    "Removals": MitigationType.REMOVALS,
    "Emission reductions and removals": MitigationType.EMISSION_REDUCTIONS_AND_REMOVALS,
}
_UNIT_TYPES: Final = {
    "ITMO": UnitType.ITMO,
    "unauthorized-A6.4ER": UnitType.UNAUTHORIZED_A64ER,
    "mitigation-outcome": UnitType.MITIGATION_OUTCOME,
    "AMO": UnitType.AMO,
    "CER": UnitType.CER,
    "MCU": UnitType.MCU,
}
_ATTRIBUTES: Final = (
    "quantity vintage authorization cooperative_approach first_transferring_party unit_type metric"
    " non_ghg_metric mitigation_type sector activity_type underlying activity"
    " outside_ndc_scope cer unknown"
)
_MAX_UINT: Final = 2**64 - 1
"""What a message can carry; whether it makes a range is for the checks to say."""


def blocks(value: Value, names: Names) -> tuple[BlockSpec, ...]:
    """Blocks that name their originating registry."""
    return tuple(_block(item, None, names) for item in some(value))


def issued_blocks(value: Value, account: str, names: Names) -> tuple[BlockSpec, ...]:
    """Blocks to be issued; their originating registry is the account's."""
    registry = RegistryId(names.accounts.get(account, ""))
    return tuple(_block(item, registry, names) for item in some(value))


def some(value: Value) -> list[Value]:
    """The blocks of a list that is not empty."""
    if value.is_list() and not value.items():
        value.wrong("at least one block")
    return value.items()


def _block(value: Value, own: RegistryId | None, names: Names) -> BlockSpec:
    issued = own is not None
    fields = Fields(
        value,
        required="first last vintage" if issued else "registry first last",
        optional=f"{_ATTRIBUTES} registry",
    )
    names = names.saying(fields)
    return BlockSpec(
        registry=fields.default("registry", names.registry, own or NO_REGISTRY),
        first=fields.need("first", serial, 0),
        last=fields.need("last", serial, 0),
        quantity=fields.maybe("quantity", serial),
        vintage=fields.maybe("vintage", Value.year),
        authorization=fields.maybe("authorization", names.authorization),
        cooperative_approach=fields.maybe("cooperative_approach", names.approach),
        first_transferring_party=fields.maybe(
            "first_transferring_party", lambda v: v.admitted(parse_party_code)
        ),
        unit_type=fields.maybe("unit_type", lambda v: v.choice(_UNIT_TYPES)),
        metric=fields.maybe("metric", lambda v: v.choice(METRICS)),
        non_ghg_metric=fields.maybe("non_ghg_metric", Value.text),
        mitigation_type=fields.maybe("mitigation_type", lambda v: v.choice(_MITIGATION_TYPES)),
        sector=fields.maybe("sector", Value.text),
        activity_type=fields.maybe("activity_type", Value.text),
        outside_ndc_scope=fields.maybe("outside_ndc_scope", Value.boolean),
        underlying=fields.maybe("underlying", _underlying),
        activity=fields.maybe("activity", Value.text),
        cer=fields.maybe("cer", _cer),
    )


def serial(value: Value) -> int:
    """A serial number as a message can carry it."""
    return value.integer(0, _MAX_UINT)


def _underlying(value: Value) -> Underlying:
    fields = Fields(value, required="registry first last")
    return Underlying(
        registry=fields.need("registry", Value.text, ""),
        first_unit_id=fields.need("first", Value.text_or_number, ""),
        last_unit_id=fields.need("last", Value.text_or_number, ""),
    )


def _cer(value: Value) -> Cer:
    fields = Fields(value, required="kyoto_serial registered", optional="temporary")
    registered = fields.maybe("registered", Value.date)
    return Cer(
        kyoto_serial=fields.need("kyoto_serial", Value.text, ""),
        project_registration_date=registered.isoformat() if registered else "",
        temporary=fields.default("temporary", Value.boolean, False),
    )
