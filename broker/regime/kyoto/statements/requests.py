# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is stated of requests for CERs, of payments for them, and of letters by which they are forwarded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from broker.regime.fields import day, known, text
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.statements.kind import Kind, at_least_one, host_and_project, invalid
from broker.regime.regime import Key
from broker.rulebook.kyoto.fees import IssuanceRequest, dollars, rates_on
from itmo import limits
from itmo.identifiers import parse_party_code
from itmo.kyoto.v1 import statements_pb2

_FEES: Final[Mapping[int, int]] = {each: each for each in statements_pb2.FeeKind.values()}


def _request(written: statements_pb2.IssuanceRequest) -> tuple[Key, IssuanceRequest]:
    if written.quantity > limits.MAX_UNITS:
        raise invalid("issuance_request.quantity", f"at most {limits.MAX_UNITS}")
    said = IssuanceRequest(
        number=at_least_one(written.request_number, "issuance_request.request_number", "a number"),
        requested_on=day(written.requested_on, "issuance_request.requested_on"),
        quantity=written.quantity,
        paid_before=written.paid_before,
    )
    activity = host_and_project(written.project, "issuance_request.project")
    return stated_keys.issuance_request(*activity, said.number), said


def _payment(written: statements_pb2.FeePayment) -> tuple[Key, int]:
    number = at_least_one(written.payment_number, "fee_payment.payment_number", "a number")
    kind = known(_FEES, written.kind, "fee_payment.kind")
    rates = rates_on(day(written.paid_on, "fee_payment.paid_on"))
    bounds: dict[int, int] = {
        statements_pb2.FEE_KIND_REGISTRATION: rates.most_registration_cents,
        statements_pb2.FEE_KIND_METHODOLOGY: rates.methodology_cents,
    }
    most = bounds.get(kind)
    if most is not None and written.cents > most:
        raise invalid("fee_payment.cents", f"at most {most}, which is {dollars(most)}")
    activity = host_and_project(written.project, "fee_payment.project")
    return stated_keys.fee_payment(*activity, number), written.cents


def _letter(written: statements_pb2.ForwardingLetter) -> tuple[Key, bool]:
    taker = parse_party_code(written.party, "forwarding_letter.party")
    day(written.signed_on, "forwarding_letter.signed_on")
    text(written.reference, "forwarding_letter.reference")
    activity = host_and_project(written.project, "forwarding_letter.project")
    return stated_keys.forwarding_letter(taker, *activity), not written.withdrawn


KINDS: Final = (
    Kind("issuance_request", _request, by_mechanism=True),
    Kind("fee_payment", _payment, by_mechanism=True),
    Kind("forwarding_letter", _letter),
)
