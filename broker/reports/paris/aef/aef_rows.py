# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From the ledger's words to rows of the AEF. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypedDict

from aef.model import (
    ActionRow,
    AuthorizationRow,
    EntityRow,
    HoldingRow,
    SerialSpan,
)
from broker.regime.fields import day
from broker.regime.paris.reading import METRICS
from broker.reports.paris.actions import Action
from broker.reports.paris.stated_authorizations import StatedVersion
from broker.reports.paris.unit_lots import UnitLot
from broker.rulebook.paris.approaches import ApproachFacts
from broker.rulebook.paris.attributes import Metric, MitigationType
from broker.rulebook.paris.purposes import FirstTransferDefinition
from itmo.paris.v1 import authorization_pb2

METRIC_TEXT: Final[Mapping[Metric | None, str]] = MappingProxyType(
    {Metric.GHG: "GHG", Metric.NON_GHG: "non-GHG", None: ""}
)
MITIGATION_TEXT: Final[Mapping[MitigationType | None, str]] = MappingProxyType(
    {
        MitigationType.EMISSION_REDUCTIONS: "Emission reductions",
        MitigationType.REMOVALS: "Removals",
        MitigationType.EMISSION_REDUCTIONS_AND_REMOVALS: "Emission reductions and removals",
        None: "",
    }
)
DEFINITION_TEXT: Final[Mapping[FirstTransferDefinition | None, str]] = MappingProxyType(
    {
        FirstTransferDefinition.AUTHORIZATION: "Authorization",
        FirstTransferDefinition.ISSUANCE: "Issuance",
        FirstTransferDefinition.USE_OR_CANCELLATION: "Use or cancellation",
        None: "",
    }
)


_REVOKED: Final = "Revoked for units not yet first transferred"


class _Units(TypedDict):
    cooperative_approach: str
    authorization_id: str
    first_transferring_party: str
    registry: str
    first_id: str
    last_id: str
    span: SerialSpan
    underlying_registry: str
    underlying_first_id: str
    underlying_last_id: str
    metric: str
    non_ghg_metric: str
    quantity: int | None
    quantity_non_ghg: int | None
    mitigation_type: str
    vintage: int
    sector: str
    activity_type: str


def units_columns(lot: UnitLot, registry: str, authorization_id: str) -> _Units:
    """What tables 3 and 4 say of units.

    Args:
        lot: The units.
        registry: Where the action was tracked, or where they are held (footnotes of tables 3, 4).
        authorization_id: As the reporting Party assigned it.
    """
    stated = lot.issued.attributes
    prefix = f"{stated.cooperative_approach}-{lot.registry}-{lot.host}-"
    # An id is taken as it was given and never altered (6/CMA.4 annex I para 33), also where a notice
    # changed the vintage; the column beside it says what it is now.
    suffix = f"-{stated.vintage}"
    underlying_registry, underlying_first, underlying_last = lot.underlying
    in_tonnes = stated.metric is not Metric.NON_GHG
    return {
        "cooperative_approach": stated.cooperative_approach,
        "authorization_id": authorization_id,
        "first_transferring_party": lot.host,
        "registry": registry,
        "first_id": f"{prefix}{lot.first}{suffix}",
        "last_id": f"{prefix}{lot.last}{suffix}",
        "span": SerialSpan(prefix, lot.first, lot.last, suffix),
        "underlying_registry": underlying_registry,
        "underlying_first_id": underlying_first,
        "underlying_last_id": underlying_last,
        "metric": METRIC_TEXT[stated.metric],
        "non_ghg_metric": stated.non_ghg_metric,
        "quantity": lot.quantity if in_tonnes else None,
        "quantity_non_ghg": None if in_tonnes else lot.quantity,
        "mitigation_type": MITIGATION_TEXT[stated.mitigation_type],
        "vintage": lot.vintage,
        "sector": stated.sector,
        "activity_type": stated.activity_type,
    }


def action_row(action: Action, authorization_id: str) -> ActionRow:
    """A row of table 3, under an authorization of the reporting Party's."""
    return ActionRow(
        **units_columns(action.movement.units, action.registry, authorization_id),
        date=action.at.date(),
        time=action.at,
        type=action.type,
        subtype=action.subtype,
        transferring_party=action.transferring_party,
        acquiring_party=action.acquiring_party,
        oimp_purpose=action.purpose,
        using_party=action.spending_party,
        using_entity=action.spending_entity,
        year_of_use=action.year_of_use,
    )


def holding_row(lot: UnitLot, registry: str, authorization_id: str) -> HoldingRow:
    """A row of table 4, under an authorization of the reporting Party's."""
    return HoldingRow(**units_columns(lot, registry, authorization_id))


def authorization_row(stated: StatedVersion, approach: ApproachFacts | None) -> AuthorizationRow:
    """A row of table 2.

    Args:
        stated: The version as it was signed.
        approach: What the clearing-house knows of its cooperative approach; None: nothing.
    """
    version = stated.version
    said, span, use = stated.statement, version.vintages, version.use_years
    known = approach.metric if approach else None
    sectors = said.sectors or (sorted(approach.sectors) if approach else ())
    activities = said.activity_types or (sorted(approach.activity_types) if approach else ())
    return AuthorizationRow(
        authorization_id=version.id,
        date=version.date,
        cooperative_approach=version.cooperative_approach,
        version=str(version.version),
        quantity=version.quantity,
        metric=METRIC_TEXT[METRICS[said.metric] or known],
        gwp=said.gwp_values,
        non_ghg_metric=said.non_ghg_metric or (approach.non_ghg_metric if approach else ""),
        sectors=tuple(sectors),
        activity_types=tuple(activities),
        purposes=frozenset(purpose.value for purpose in version.purposes),
        parties=tuple(sorted(version.parties)),
        entities=tuple(sorted(version.entities)),
        oimp=version.other_purposes,
        time_frame=(span.first, span.last),
        use_time_frame=(use.first, use.last) if use else None,
        terms=said.terms,
        first_transfer_definition=DEFINITION_TEXT[version.definition],
        additional_information="; ".join(
            filter(None, (said.additional_information, _REVOKED if version.revoked else ""))
        ),
    )


def entity_rows(stated: StatedVersion) -> list[EntityRow]:
    """Rows of table 5: the entities that a version authorizes, with what it says of them."""
    version, said = stated.version, stated.statement
    described = {each.entity: each for each in said.authorized_entities}
    rows = []
    for entity in sorted({*version.entities, *described}):
        each = described.get(entity, authorization_pb2.AuthorizedEntity(entity=entity))
        rows.append(
            EntityRow(
                date=day(each.date, "date") if each.date else version.date,
                name=each.name or entity,
                country=each.country,
                identification=each.identification_number or entity,
                cooperative_approach=version.cooperative_approach,
                conditions=each.conditions or said.terms,
                change_conditions=each.change_and_revocation_conditions
                or said.revocation_conditions,
                additional_information=each.additional_information,
            )
        )
    return rows
