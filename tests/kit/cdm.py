# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The clean development mechanism in a clearing-house: its registry, activities and units."""

from __future__ import annotations

from typing import Any

from itmo.core.v1 import proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import ClearingWorld, Sender, receipt_of
from tests.kit.kyoto import kyoto_world, open_kyoto, state, take_part

CDM = "XCD01"
PENDING = make_account_id(RegistryId(CDM), 110, 1)
HOLDING = make_account_id(RegistryId(CDM), 100, 1)
FUND = make_account_id(RegistryId(CDM), 100, 9)
CANCELLED = make_account_id(RegistryId(CDM), 230, 1)


async def cdm_world(besides: tuple[str, ...] = ()) -> ClearingWorld:
    """Great Britain, Switzerland and the registry of the mechanism; an Indian activity."""
    world = await kyoto_world()
    cdm = await world.admit("cdm", CDM, *besides)
    await take_part(world, CDM, "kyoto")
    await open_kyoto(cdm, CDM, 110)
    await open_kyoto(cdm, CDM, 100)
    await open_kyoto(cdm, CDM, 230, period=1)
    await open_fund(cdm)
    await state_activity(world)
    return world


async def open_fund(cdm: Sender) -> None:
    """The account of the Adaptation Fund."""
    statement = statements_pb2.AccountStatement(
        account_id=FUND, registry=CDM, account_type=100, rulebook="kyoto"
    )
    statement.terms.kyoto.role = terms_pb2.ACCOUNT_ROLE_ADAPTATION_FUND
    receipt = receipt_of(await cdm.say(PayloadKind.ACCOUNT_STATEMENT, statement))
    assert receipt.effective, receipt.refusal


async def ask(
    world: ClearingWorld,
    quantity: int,
    cents: int = 0,
    *,
    project: str = "IND9876",
    on: str = "2012-03-01",
    number: int = 1,
    paid_before: bool = False,
) -> None:
    """A request for issuance, and what is paid for it."""
    request = kyoto_pb2.IssuanceRequest(
        project=project,
        request_number=number,
        requested_on=on,
        quantity=quantity,
        paid_before=paid_before,
    )
    await state(world, issuance_request=request)
    if cents:
        await pay(world, cents, project=project, number=number)


async def pay(
    world: ClearingWorld, cents: int, *, project: str = "IND9876", number: int = 1
) -> None:
    payment = kyoto_pb2.FeePayment(
        project=project, payment_number=number, paid_on="2012-03-01", cents=cents
    )
    await state(world, fee_payment=payment)


async def letter(
    world: ClearingWorld, party: str = "GBR", project: str = "IND9876", *, withdrawn: bool = False
) -> None:
    said = kyoto_pb2.ForwardingLetter(
        party=party, project=project, signed_on="2012-03-01", withdrawn=withdrawn
    )
    await state(world, forwarding_letter=said)


async def state_activity(world: ClearingWorld, project: str = "IND9876", **said: Any) -> None:  # noqa: ANN401  # fields
    """An activity of the mechanism, exempt from the share of proceeds unless it is said otherwise."""
    told: dict[str, Any] = {"exempt_from_share": True, **said}
    await state(
        world,
        project=kyoto_pb2.Project(
            project=project,
            mechanism=kyoto_pb2.MECHANISM_CLEAN_DEVELOPMENT,
            **told,
        ),
    )


def cer(project: str = "IND9876", period: int = 1) -> attributes_pb2.UnitAttributes:
    return attributes_pb2.UnitAttributes(
        unit_type=attributes_pb2.UNIT_TYPE_CER,
        original_period=period,
        applicable_period=period,
        project=project,
    )


def cers(
    world: ClearingWorld,
    first: int,
    last: int,
    units: attributes_pb2.UnitAttributes | None = None,
    share: int = 0,
) -> proposal_pb2.ProposedTransaction:
    """An issuance of CERs into the pending account, numbered under the host of their activity."""
    units = units or cer()
    proposed = proposal_pb2.ProposedTransaction(
        transaction_id=world.transaction_id(),
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        from_account=PENDING,
        to_account=PENDING,
        from_registry=CDM,
        to_registry=CDM,
        blocks=[
            units_pb2.UnitBlock(
                registry=f"{units.project[:3]}01",
                first=first,
                last=last,
                attributes=rulebooks_pb2.UnitAttributes(kyoto=units),
            )
        ],
        rulebook="kyoto",
    )
    if share:
        proposed.terms.kyoto.share.CopyFrom(
            terms_pb2.ShareOfProceeds(account=FUND, first=last - share + 1, last=last)
        )
    return proposed


def out_of_pending(
    world: ClearingWorld, kind: str, first: int, last: int, to: str, *, giver: str = PENDING
) -> proposal_pb2.ProposedTransaction:
    """A transaction of CERs that lie pending."""
    return proposal_pb2.ProposedTransaction(
        transaction_id=world.transaction_id(),
        type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{kind}"),
        from_account=giver,
        to_account=to,
        from_registry=CDM,
        to_registry=to[4:9],
        blocks=[units_pb2.UnitBlock(registry="IND01", first=first, last=last)],
        rulebook="kyoto",
    )
