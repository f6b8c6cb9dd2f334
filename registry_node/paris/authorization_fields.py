# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A statement of an authorization as the fields of the template: what `statement` makes of them, undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from itmo.nomenclature import METRICS
from itmo.paris.v1 import authorization_pb2
from registry_node.paris.authorization_template import (
    CONTACT,
    DEFINITIONS,
    ELEMENTS,
    ENTITY,
    GROUNDS,
    KINDS,
    PURPOSES,
)

_RENAMED: Final = {"id": "authorization_id"}
_AS_THEY_ARE: Final = (
    "id", "party", "issuing_body", "date", "registration_number", "cooperative_approach",
    "activity_participants", "activity", "sectors", "activity_types", "other_purposes", "parties",
    "entities", "quantity", "quantity_is_limit", "gwp_values", "non_ghg_metric", "start_date",
    "end_date", "underlying_schemes", "terms", "possible_changes", "difference",
    "revocation_conditions", "binds_first_transferred", "additional_information", "revoked",
    "revocation_reason",
)  # fmt: skip


def fields_of(stated: authorization_pb2.AuthorizationStatement) -> dict[str, Any]:
    """Returns the fields that make this statement; the version is left out, the next one is made anew."""
    fields: dict[str, Any] = {}
    for key in _AS_THEY_ARE:
        value = getattr(stated, _RENAMED.get(key, key))
        if value:
            fields[key] = value if isinstance(value, str | int) else list(value)
    made: dict[str, Any] = {
        "kinds": _named(KINDS, stated.kinds),
        "purposes": _purposes(stated.purposes),
        "permitted_changes": _named(ELEMENTS, stated.permitted_changes),
        "changed_elements": _named(ELEMENTS, stated.changed_elements),
        "first_transfer": "".join(_named(DEFINITIONS, [stated.first_transfer_definition])),
        "revocation_ground": "".join(_named(GROUNDS, [stated.revocation_ground])),
        "metric": METRICS[stated.metric - 1] if stated.metric else "",
        "document_hash": stated.document_hash.hex(),
        "vintages": _span(stated, "vintages"),
        "use_years": _span(stated, "use_years"),
        "ndc_periods": [[each.first, each.last] for each in stated.ndc_periods],
        "yearly_quantities": {each.year: each.quantity for each in stated.yearly_quantities},
        "purpose_quantities": {
            "".join(_purposes(each.purposes)): each.quantity for each in stated.purpose_quantities
        },
        "tracking_registries": {each.party: each.registry for each in stated.tracking_registries},
        "contacts": _records(stated.contacts, CONTACT),
        "authorized_entities": _records(stated.authorized_entities, ENTITY),
    }
    fields.update({key: value for key, value in made.items() if value})
    return fields


def _named(table: Mapping[str, int], numbers: Iterable[int]) -> list[str]:
    names = {number: name for name, number in table.items()}
    return [names[number] for number in numbers if number in names]


def _purposes(numbers: Iterable[int]) -> list[str]:
    """OIMP stands for IMP and OP together."""
    found = set(numbers)
    both = set(PURPOSES["OIMP"])
    named = ["NDC"] if set(PURPOSES["NDC"]) <= found else []
    if both <= found:
        return [*named, "OIMP"]
    return [*named, *(name for name in ("IMP", "OP") if set(PURPOSES[name]) <= found)]


def _span(stated: Message, name: str) -> list[int]:
    span = getattr(stated, name)
    return [span.first, span.last] if stated.HasField(name) else []


def _records(records: Iterable[Message], keys: Iterable[str]) -> list[dict[str, str]]:
    return [{key: getattr(each, key) for key in keys if getattr(each, key)} for each in records]
