# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what a scenario says to what is stated: Parties, approaches, accounts, authorizations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from broker.rulebook.paris.years import LevelKind, YearSpan
from itmo.core.v1 import rulebooks_pb2, statements_pb2
from itmo.identifiers import AccountId, make_account_id, parse_account_id
from itmo.paris.v1 import approaches_pb2, attributes_pb2, authorization_pb2, parties_pb2, terms_pb2
from itmo.reasons import ProtocolError
from registry_node.paris.authorization_template import fill
from scenarios import defaults
from scenarios.kyoto import stating as kyoto
from scenarios.model import (
    AccountSpec,
    ApproachSpec,
    Elements,
    NdcSpec,
    PartySpec,
    Register,
    Reverse,
    Rulebook,
    Scenario,
)
from scenarios.paris.letters import Letter

_NOT_OPENED: Final = 90_000_000
"""Running numbers from here on are of accounts that no scenario opens."""


def party(spec: PartySpec) -> parties_pb2.PartyStatement:
    """What the operator knows of a Party."""
    return parties_pb2.PartyStatement(
        party=spec.party,
        participation=parties_pb2.Participation(
            party_to_agreement=spec.eligible,
            ndc_in_force=spec.eligible,
            authorization_arrangements=spec.eligible,
            tracking_arrangements=spec.eligible,
            latest_inventory=spec.eligible,
        ),
        initial_report_date=spec.initial_report.isoformat() if spec.initial_report else "",
        ndc_periods=[_ndc(period) for period in spec.ndc],
    )


def _ndc(spec: NdcSpec) -> parties_pb2.NdcPeriod:
    return parties_pb2.NdcPeriod(
        years=_span(spec.years),
        target=parties_pb2.NdcTarget.Value(f"NDC_TARGET_{spec.target}"),
        method=parties_pb2.AdjustmentMethod.Value(f"ADJUSTMENT_METHOD_{spec.method}"),
        first_or_first_updated=spec.first_or_first_updated,
        finality_date=spec.finality.isoformat() if spec.finality else "",
    )


def _span(span: YearSpan) -> terms_pb2.YearSpan:
    return terms_pb2.YearSpan(first=span.first, last=span.last)


def figures(spec: PartySpec) -> list[parties_pb2.InventoryStatement]:
    """A Party's yearly figures: inventory, part of it, targets, indicators."""
    stated = [
        _figures(spec, "", LevelKind.INVENTORY, spec.inventory),
        _figures(spec, "", LevelKind.INVENTORY_PART, spec.inventory_part),
        _figures(spec, "", LevelKind.TARGET, spec.targets),
    ]
    stated += [
        _figures(spec, metric, LevelKind.INVENTORY, years)
        for metric, years in spec.indicators.items()
    ]
    return [each for each in stated if each.years]


def _figures(
    spec: PartySpec, metric: str, kind: LevelKind, years: Mapping[int, int]
) -> parties_pb2.InventoryStatement:
    return parties_pb2.InventoryStatement(
        party=spec.party,
        metric=metric,
        level=parties_pb2.LevelKind.Value(f"LEVEL_KIND_{kind}"),
        years=[
            parties_pb2.InventoryYear(year=year, tonnes=amount) for year, amount in years.items()
        ],
    )


def approach(spec: ApproachSpec) -> approaches_pb2.CooperativeApproachStatement:
    """A cooperative approach."""
    return approaches_pb2.CooperativeApproachStatement(
        cooperative_approach=spec.id,
        title=spec.title,
        parties=spec.parties,
        sectors=spec.sectors,
        activity_types=spec.activity_types,
        metric=attributes_pb2.Metric.Value(f"METRIC_{spec.metric}"),
        non_ghg_metric=spec.non_ghg_metric,
        evidence_hashes=[defaults.evidence(spec.id)] if spec.evidence else [],
        authorization_timing=approaches_pb2.AuthorizationTiming.Value(
            f"AUTHORIZATION_TIMING_{spec.timing}"
        ),
    )


def reversal(transaction_id: str, action: Reverse) -> statements_pb2.ReversalStatement:
    """The operator's agreement that a transfer may be reversed."""
    return statements_pb2.ReversalStatement(
        transaction_id=transaction_id, reason=action.reason or defaults.REVERSAL_REASON
    )


def registration(action: Register, today: date) -> approaches_pb2.ActivityStatement:
    """The operator's record that an activity was registered."""
    return approaches_pb2.ActivityStatement(
        cooperative_approach=action.approach,
        activity=action.activity,
        registration_date=(action.date or today).isoformat(),
    )


def account(spec: AccountSpec, scenario: Scenario) -> statements_pb2.AccountStatement:
    """An account to be opened."""
    if spec.rulebook is Rulebook.KYOTO:
        return kyoto.account(spec)
    ndc = defaults.account_period(spec, scenario)
    terms = terms_pb2.AccountTerms(
        ndc_period=None if ndc is None else terms_pb2.YearSpan(first=ndc.first, last=ndc.last),
        non_ghg_metric=spec.non_ghg_metric,
        role=terms_pb2.AccountRole.Value(f"ACCOUNT_ROLE_{spec.role or 'UNSPECIFIED'}"),
        party=spec.party or "",
    )
    return statements_pb2.AccountStatement(
        registry=spec.registry,
        account_type=spec.type,
        entity=spec.entity,
        terms=rulebooks_pb2.AccountTerms(paris=terms) if terms.ByteSize() else None,
    )


def unopened(spec: AccountSpec, number: int) -> AccountId:
    """The id of an account that nobody opens: as written where it is one, else a well-formed one."""
    try:
        return parse_account_id(spec.name, "account")
    except ProtocolError:
        return make_account_id(spec.registry, spec.type, _NOT_OPENED + number)


def authorization(letter: Letter) -> authorization_pb2.AuthorizationStatement:
    """A version of an authorization."""
    stated = letter.elements
    written = authorization_pb2.AuthorizationStatement(
        authorization_id=letter.id,
        version=letter.version,
        party=letter.party,
        cooperative_approach=stated.cooperative_approach or "",
        purposes=[
            authorization_pb2.Purpose.Value(f"PURPOSE_{purpose}")
            for purpose in stated.purposes or ()
        ],
        quantity=stated.quantity,
        parties=stated.parties or (),
        entities=stated.entities or (),
        vintages=_span(stated.vintages) if stated.vintages else None,
        use_years=_span(stated.use_years) if stated.use_years else None,
        other_purposes=stated.other_purposes or "",
        date=stated.date.isoformat() if stated.date else "",
        terms=_terms(stated),
        revoked=letter.revoked,
        quantity_is_limit=bool(stated.quantity_is_limit),
        binds_first_transferred=bool(stated.binds_first_transferred),
    )
    if stated.first_transfer is not None:
        name = f"FIRST_TRANSFER_DEFINITION_{stated.first_transfer}"
        written.first_transfer_definition = authorization_pb2.FirstTransferDefinition.Value(name)
    fill(written, stated.template or {}, letter.id)
    if letter.revoked and not written.revocation_reason:
        written.revocation_reason = defaults.REVOCATION_REASON
    if letter.revoked and not written.revocation_ground:
        written.revocation_ground = authorization_pb2.REVOCATION_GROUND_FRAUD
    return written


def _terms(stated: Elements) -> str:
    """Terms, with the conditions under which they may change: one text in the statement."""
    parts = [stated.terms or ""]
    if stated.conditions_of_change:
        parts.append(f"Conditions of change: {stated.conditions_of_change}")
    return " ".join(part for part in parts if part)
