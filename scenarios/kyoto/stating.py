# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what a scenario says of the Kyoto world to what the operator states."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import cast

from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES
from broker.rulebook.kyoto.codes import Mechanism
from broker.rulebook.kyoto.tables import CommitmentPeriod
from broker.rulebook.paris.accounts import AccountRole
from itmo.core.v1 import statements_pb2
from itmo.identifiers import PartyCode
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto
from itmo.message.v1 import ranges_pb2
from scenarios.kyoto.codes import unit_type
from scenarios.kyoto.model import (
    InventorySpec,
    KyotoPartySpec,
    KyotoWorld,
    LogNoticeSpec,
    PartyPeriodSpec,
    PaymentSpec,
    PayShare,
    ProjectSpec,
    RequestSpec,
    VerificationSpec,
)
from scenarios.model import AccountSpec

Stated = tuple[int, str, kyoto.KyotoStatement]
"""A statement, with the line and the key of the file that it comes from."""


def account(spec: AccountSpec) -> statements_pb2.AccountStatement:
    """An account to be opened; a period that is not of its type is for the reader of the file."""
    opened = statements_pb2.AccountStatement(
        registry=spec.registry, account_type=spec.type, rulebook=spec.rulebook.value
    )
    kind = ACCOUNT_TYPES.get(spec.type)
    if spec.period and (kind is None or kind.final):
        opened.terms.kyoto.period = spec.period
    if spec.role is AccountRole.ADAPTATION_FUND:
        opened.terms.kyoto.role = terms_pb2.ACCOUNT_ROLE_ADAPTATION_FUND
    return opened


def statements(world: KyotoWorld, today: date) -> Iterator[Stated]:
    """Everything that is stated, in an order that is always the same."""
    for number, period in sorted(world.periods.items()):
        yield 1, f"periods.{number}", _period(number, period)
    for party, spec in sorted(world.parties.items()):
        for said in _party(party, spec, today):
            yield spec.line, f"parties.{party}.kyoto", said
    for name, project in world.projects.items():
        for said in _project(project, today):
            yield project.line, f"projects.{name}", said


def _period(number: int, period: CommitmentPeriod) -> kyoto.KyotoStatement:
    return kyoto.KyotoStatement(
        period=kyoto.CommitmentPeriod(
            period=number,
            first_day=period.first_day.isoformat(),
            last_day=period.last_day.isoformat(),
            true_up_ends=period.true_up_ends.isoformat(),
            carry_over_from=_day(period.carry_over_from),
            carry_over_until=_day(period.carry_over_until),
        )
    )


def _party(party: PartyCode, spec: KyotoPartySpec, today: date) -> Iterator[kyoto.KyotoStatement]:
    if spec.eligible is not None:
        yield kyoto.KyotoStatement(
            eligibility=kyoto.Eligibility(
                party=party, eligible=spec.eligible, no_cers=not spec.cers
            )
        )
    for number, of_period in sorted(spec.periods.items()):
        yield from _of_period(party, number, of_period)
    for inventory in spec.inventories:
        yield _inventory(party, inventory, today)


def _of_period(
    party: PartyCode, number: int, spec: PartyPeriodSpec
) -> Iterator[kyoto.KyotoStatement]:
    if spec.amount is not None:
        yield kyoto.KyotoStatement(
            assigned_amount=kyoto.AssignedAmount(
                party=party,
                period=number,
                quantity=spec.amount.quantity,
                base_emissions=spec.amount.base_emissions,
                base_year=spec.amount.base_year,
                per_myriad=spec.amount.per_myriad,
            )
        )
    for activity, quantity in sorted(spec.allowances.items()):
        yield kyoto.KyotoStatement(
            removal_allowance=kyoto.RemovalAllowance(
                party=party,
                period=number,
                activity=cast("attributes_pb2.LulucfActivity.ValueType", activity),
                quantity=quantity,
            )
        )
    if spec.compliance is not None:
        yield kyoto.KyotoStatement(
            compliance=kyoto.Compliance(
                party=party,
                period=number,
                settled_on=_day(spec.compliance.settled),
                emissions=spec.compliance.emissions,
            )
        )


def _inventory(party: PartyCode, spec: InventorySpec, today: date) -> kyoto.KyotoStatement:
    return kyoto.KyotoStatement(
        inventory=kyoto.Inventory(
            party=party,
            year=spec.year,
            emissions=spec.emissions,
            reviewed_on=(spec.reviewed or today).isoformat(),
        )
    )


def payment(paid: PayShare, today: date) -> Iterator[kyoto.KyotoStatement]:
    """What a step pays, and what it asks for besides."""
    if paid.request is not None:
        yield _request(paid.activity, paid.request, today)
    yield _payment(paid.activity, paid.payment, today)


def log_notice(spec: LogNoticeSpec) -> kyoto.KyotoStatement:
    """A notice of the log."""
    status = spec.status.name if spec.status else "UNSPECIFIED"
    return kyoto.KyotoStatement(
        log_notice=kyoto.LogNotice(
            number=spec.number,
            type=cast("kyoto.LogNoticeType.ValueType", spec.type),
            registry=spec.registry,
            project=spec.project,
            unit_type=unit_type(spec.unit, spec.activity),
            quantity=spec.quantity,
            due_date=_day(spec.due),
            target_date=_day(spec.expiry),
            activity=cast("attributes_pb2.LulucfActivity.ValueType", spec.activity),
            period=spec.period,
            units=[
                ranges_pb2.UnitRange(registry=each.registry, first=each.first, last=each.last)
                for each in spec.units
            ],
            status=kyoto.LogNoticeStatus.Value(f"LOG_NOTICE_STATUS_{status}"),
            text=spec.text,
        )
    )


def _request(project: str, spec: RequestSpec, today: date) -> kyoto.KyotoStatement:
    return kyoto.KyotoStatement(
        issuance_request=kyoto.IssuanceRequest(
            project=project,
            request_number=spec.number,
            requested_on=(spec.on or today).isoformat(),
            quantity=spec.quantity,
            paid_before=spec.paid_before,
        )
    )


def _payment(project: str, spec: PaymentSpec, today: date) -> kyoto.KyotoStatement:
    return kyoto.KyotoStatement(
        fee_payment=kyoto.FeePayment(
            project=project,
            payment_number=spec.number,
            paid_on=today.isoformat(),
            cents=spec.cents,
            kind=kyoto.FEE_KIND_ISSUANCE,
        )
    )


def _project(spec: ProjectSpec, today: date) -> Iterator[kyoto.KyotoStatement]:
    mechanism = spec.mechanism or Mechanism.JOINT_IMPLEMENTATION
    yield kyoto.KyotoStatement(
        project=kyoto.Project(
            project=spec.project,
            mechanism=cast("kyoto.Mechanism.ValueType", mechanism.value),
            track=cast("attributes_pb2.Track.ValueType", spec.track or 0),
            status=cast("kyoto.ProjectStatus.ValueType", spec.status.value),
            land_use=spec.land_use,
            exempt_from_share=spec.exempt,
            programme=spec.programme,
            title=spec.title,
            registered_on=_day(spec.registered),
        )
    )
    for each in spec.verifications:
        yield _verification(spec.project, each)
    for request in spec.requests or ():
        yield _request(spec.project, request, today)
    for paid in spec.payments:
        yield _payment(spec.project, paid, today)
    for party in spec.letters or ():
        yield kyoto.KyotoStatement(
            forwarding_letter=kyoto.ForwardingLetter(
                party=party, project=spec.project, signed_on=today.isoformat()
            )
        )


def _verification(project: str, spec: VerificationSpec) -> kyoto.KyotoStatement:
    return kyoto.KyotoStatement(
        verification=kyoto.Verification(
            project=project,
            verification_number=spec.number,
            from_day=spec.start.isoformat(),
            to_day=spec.end.isoformat(),
            quantity=spec.quantity,
            final=spec.final,
        )
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
