# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""CERs on the way from the Kyoto Protocol to Article 6, in a clearing-house that judges both."""

from __future__ import annotations

from typing import Any

from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.paris.v1 import attributes_pb2, terms_pb2
from itmo.payloads import PayloadKind
from tests.kit.cdm import (
    HOLDING,
    ask,
    cdm_world,
    cer,
    cers,
    letter,
    out_of_pending,
    state_activity,
)
from tests.kit.clearing import ClearingWorld, Sender, failed, receipt_of, state_approach
from tests.kit.kyoto import open_kyoto, state, take_part

MECHANISM = "XMR01"
TAKEN = make_account_id(RegistryId(MECHANISM), 100, 1)
ENDED = make_account_id(RegistryId("XCD01"), 230, 2)
BRITISH = make_account_id(RegistryId("GBR01"), 100, 1)
BRITISH_ENDED = make_account_id(RegistryId("GBR01"), 230, 2)
REGISTERED = "2014-05-01"


async def transition_world(mechanism: str = "mr") -> ClearingWorld:
    """IND01:1 to 1000, CERs of the second period, of which GBR01 holds 1 to 300 and XCD01 the others.

    The registry of the mechanism of Article 6.4 has a node of its own, unless the node `cdm` speaks for
    it, too. Period 2 is over.
    """
    together = mechanism == "cdm"
    world = await cdm_world((MECHANISM,) if together else ())
    await state(
        world,
        period=kyoto_pb2.CommitmentPeriod(
            period=2, first_day="2013-01-01", last_day="2020-12-31", true_up_ends="2023-09-09"
        ),
    )
    await state_activity(world, registered_on=REGISTERED)
    await open_kyoto(world.senders["cdm"], "XCD01", 230, number=2, period=2)
    await open_kyoto(world.senders["gbr"], "GBR01", 230, number=2, period=2)
    await ask(world, 5_000, 50_000)
    await letter(world)
    cdm = world.senders["cdm"]
    for offered in (
        cers(world, 1, 1_000, cer(period=2)),
        out_of_pending(world, "TRANSFER", 301, 1_000, HOLDING),
        out_of_pending(world, "TRANSFER", 1, 300, BRITISH),
    ):
        told = await cdm.propose(offered)
        assert told.state != decision_pb2.STATE_INVALIDATED, failed(told)
    await world.senders["gbr"].accept(offered.transaction_id)
    node = cdm if together else await world.admit(mechanism, MECHANISM)
    await take_mechanism_in(world, node)
    return world


async def take_mechanism_in(world: ClearingWorld, node: Sender) -> None:
    """The registry of the mechanism takes part, with a pending account."""
    await take_part(world, MECHANISM, "paris")
    await state_approach(world, "CA000001", ("IND", "GBR"))
    opened = statements_pb2.AccountStatement(account_id=TAKEN, registry=MECHANISM, account_type=100)
    opened.terms.paris.role = terms_pb2.ACCOUNT_ROLE_PENDING
    receipt = receipt_of(await node.say(PayloadKind.ACCOUNT_STATEMENT, opened))
    assert receipt.effective, receipt.refusal


def begun(first: int, last: int, number: int, **said: Any) -> units_pb2.UnitBlock:  # noqa: ANN401  # attributes
    """Units that begin as CERs of activity IND9876 end, numbered from `number` on."""
    written: dict[str, Any] = {
        "kyoto_serial": f"IN-5-{first}-{last}-2-2-0-9876",
        "project_registration_date": REGISTERED,
    }
    written.update({name: said.pop(name) for name in tuple(written) if name in said})
    are: dict[str, Any] = {
        "unit_type": attributes_pb2.UNIT_TYPE_CER,
        "cooperative_approach": "CA000001",
        "first_transferring_party": "IND",
        "vintage": 2019,
        "metric": attributes_pb2.METRIC_GHG,
        "mitigation_type": attributes_pb2.MITIGATION_TYPE_EMISSION_REDUCTIONS,
        "sector": "Transportation",
        "activity_type": "Transport",
        "activity": "CDM 9876",
        "cer": attributes_pb2.CertifiedEmissionReduction(**written),
        **said,
    }
    return units_pb2.UnitBlock(
        registry=MECHANISM,
        first=number,
        last=number + last - first,
        attributes=rulebooks_pb2.UnitAttributes(paris=attributes_pb2.UnitAttributes(**are)),
    )


def transition(
    world: ClearingWorld,
    first: int,
    last: int,
    number: int,
    *,
    giver: str = "XCD01",
    **said: Any,  # noqa: ANN401  # attributes of what begins
) -> proposal_pb2.ProposedTransaction:
    """CERs end in their registry, and as many units begin in that of the mechanism."""
    return proposal_pb2.ProposedTransaction(
        transaction_id=world.transaction_id(),
        type=proposal_pb2.TRANSACTION_TYPE_TRANSITION,
        from_account=HOLDING if giver == "XCD01" else BRITISH,
        to_account=TAKEN,
        from_registry=giver,
        to_registry=MECHANISM,
        blocks=[units_pb2.UnitBlock(registry="IND01", first=first, last=last)],
        rulebook="kyoto",
        transition=proposal_pb2.Transition(
            rulebook="paris",
            ending_account=ENDED if giver == "XCD01" else BRITISH_ENDED,
            blocks=[begun(first, last, number, **said)],
        ),
    )


def failed_beginning(verdict: decision_pb2.TransactionVerdict) -> dict[str, str]:
    """What the other rulebook finds wrong with what would begin."""
    other = decision_pb2.TransactionVerdict(findings=verdict.transition.findings)
    return failed(other)
