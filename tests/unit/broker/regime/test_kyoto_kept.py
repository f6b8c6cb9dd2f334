# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What breaks a rule that something else than judgement keeps is refused there, under Kyoto too."""

from __future__ import annotations

import pytest

from broker.rulebook.check import Kept
from broker.rulebook.kyoto.catalogue import CHECKS
from broker.rulebook.paris import catalogue as paris
from itmo import limits
from itmo.core.v1 import statements_pb2, units_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from tests.kit.clearing import receipt_of
from tests.kit.kyoto import kyoto, kyoto_world

OWN = {rule.id: rule for rule in CHECKS if isinstance(rule, Kept)}
BROKEN_HERE = {"KP_BLOCKS_3000", "KP_ENTITY"}


def test_every_kept_rule_is_broken_here_or_with_those_of_paris() -> None:
    """The others are broken over gRPC, whatever the rulebook: tests/api/test_kept_rules.py."""
    assert OWN.keys() - {rule.id for rule in paris.CHECKS} == BROKEN_HERE


async def test_a_transaction_of_too_many_blocks_is_not_taken_in() -> None:
    world = await kyoto_world()
    wanted = kyoto(world, "TRANSFER", 1, 1, taker="CHE01")
    more = range(2, limits.MAX_BLOCKS_PER_PROPOSAL + 2)
    wanted.blocks.extend(units_pb2.UnitBlock(registry="GBR01", first=n, last=n) for n in more)
    with pytest.raises(ProtocolError) as raised:
        await world.senders["gbr"].propose(wanted)
    assert raised.value.reason in OWN["KP_BLOCKS_3000"].reasons
    assert str(limits.MAX_BLOCKS_PER_PROPOSAL) in raised.value.message


async def test_nobody_opens_an_account_for_an_entity_in_the_registry_of_another_party() -> None:
    world = await kyoto_world()
    account = statements_pb2.AccountStatement(
        account_id=make_account_id(RegistryId("GBR01"), 120, 7),
        registry="GBR01",
        account_type=120,
        rulebook="kyoto",
    )
    receipt = receipt_of(await world.senders["che"].say(PayloadKind.ACCOUNT_STATEMENT, account))
    assert (receipt.effective, receipt.refusal.code) == (False, "MSG_SENDER_IS_FROM_REGISTRY")
    assert receipt.refusal.code in OWN["KP_ENTITY"].kept_by
    receipt = receipt_of(await world.senders["gbr"].say(PayloadKind.ACCOUNT_STATEMENT, account))
    assert receipt.effective
