# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which fields of a row apply, given its other fields (footnotes of the official blank's Summary sheet).

A field that does not apply is NA or empty; one that applies is filled in. A row whose deciding field was
not understood says nothing of either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aef import layout
from aef.model import ActionSubtype, ActionType
from aef.syntax_codes import Code

Values = Mapping[str, Any]
Applies = Callable[[Values], bool | None]
"""Whether a field applies; None where that cannot be told, or is for the Party to say."""

_CANCELLATIONS: Final = frozenset({ActionType.CANCELLATION, ActionType.VOLUNTARY_CANCELLATION})
_SPENDING: Final = _CANCELLATIONS | {ActionType.USE}
_OF_CANCELLATIONS: Final = frozenset(
    {
        ActionSubtype.MANDATORY_OMGE,
        ActionSubtype.VOLUNTARY_OMGE,
        ActionSubtype.OTHER_CANCELLATION,
        ActionSubtype.NOT_YET_DEFINED,
    }
)
_OF_FIRST_TRANSFERS: Final = frozenset(
    {
        ActionSubtype.FIRST_INTERNATIONAL,
        ActionSubtype.AUTHORIZATION,
        ActionSubtype.ISSUANCE,
        ActionSubtype.USE_OR_CANCELLATION,
        ActionSubtype.MANDATORY_ADAPTATION_FUND,
        ActionSubtype.VOLUNTARY_ADAPTATION_FUND,
        ActionSubtype.MANDATORY_OMGE,
        ActionSubtype.VOLUNTARY_OMGE,
        ActionSubtype.NOT_YET_DEFINED,
    }
)


@dataclass(frozen=True, slots=True)
class Departure:
    """A field that is filled and does not apply, or is empty and does."""

    field: str
    code: Code


def _for_other_purposes(values: Values) -> bool | None:
    purposes = values.get("purposes")
    return bool(purposes - {"NDC"}) if purposes else None


def _in_own_metric(values: Values) -> bool | None:
    metric = values.get("metric")
    return metric == "non-GHG" if metric else None


def _only(*types: ActionType) -> Applies:
    """Applies to no other type of action; with these it is for the case to say."""
    return lambda values: None if values.get("type") in (None, *types) else False


def _subtype(values: Values) -> bool | None:
    """A subtype of a first transfer or cancellation is one of that type's; of others it is free."""
    kind, subtype = values.get("type"), values.get("subtype")
    if kind is None or subtype is None:
        return None
    fitting = _OF_FIRST_TRANSFERS if kind is ActionType.FIRST_TRANSFER else _OF_CANCELLATIONS
    if kind is ActionType.FIRST_TRANSFER or kind in _CANCELLATIONS:
        return True if subtype in fitting else False  # noqa: SIM210 - three answers, not two
    return None


def _other_of(field: str) -> Applies:
    """Applies where the other one of a pair is filled."""
    return lambda values: True if _filled(values, field) else None


_UNITS: Final[Mapping[str, Applies]] = {
    "non_ghg_metric": _in_own_metric,
    "quantity_non_ghg": _in_own_metric,
    "underlying_first_id": _other_of("underlying_last_id"),
    "underlying_last_id": _other_of("underlying_first_id"),
}
RULES: Final[Mapping[str, Mapping[str, Applies]]] = {
    layout.AUTHORIZATIONS.key: {
        "non_ghg_metric": _in_own_metric,
        "oimp": _for_other_purposes,
        "first_transfer_definition": _for_other_purposes,
    },
    layout.ACTIONS.key: {
        **_UNITS,
        "subtype": _subtype,
        "transferring_party": _only(ActionType.ACQUISITION),
        "acquiring_party": _only(ActionType.FIRST_TRANSFER, ActionType.TRANSFER),
        "oimp_purpose": _only(ActionType.FIRST_TRANSFER, *_SPENDING),
        "using_party": _only(ActionType.FIRST_TRANSFER, *_SPENDING),
        "using_entity": _only(ActionType.FIRST_TRANSFER, *_SPENDING),
        "year_of_use": _only(ActionType.USE),
    },
    layout.HOLDINGS.key: _UNITS,
}
"""By table and field."""


def departures(table: str, values: Values) -> Iterator[Departure]:
    """Yields the fields of a row that are filled against the rules, or empty against them."""
    for field, applies in RULES.get(table, {}).items():
        answer = applies(values)
        if answer is None:
            continue
        if answer and not _filled(values, field):
            yield Departure(field, Code.VALUE_MISSING)
        elif not answer and _filled(values, field):
            unfit = field == "subtype"
            yield Departure(field, Code.SUBTYPE_UNFIT if unfit else Code.VALUE_NOT_APPLICABLE)


def _filled(values: Values, field: str) -> bool:
    return values.get(field) not in (None, "", ()) or field in values.get("written", {})
