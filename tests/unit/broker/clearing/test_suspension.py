# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A suspended registry is told, with the reason, and a suspension stops what its text says."""

from __future__ import annotations

from broker.rulebook.general.registries import OperationalStatus
from itmo.core.v1 import statements_pb2
from itmo.identifiers import NodeId, RegistryId, make_account_id
from itmo.payloads import PayloadKind, decode, kind_of
from tests.kit.clearing import last_mail, receipt_of, trading_world


async def test_a_suspended_registry_is_told_why_and_its_accounts_stay() -> None:
    """Before, nobody heard of a suspension, and accounts went on being opened."""
    world = await trading_world()
    before = {node: await last_mail(world, node) for node in ("che", "tha")}
    reason = "Holdings do not add up"
    await world.operator.set_registry_status("CHE01", OperationalStatus.NON_OPERATIONAL, reason)
    assert await last_mail(world, "tha") == before["tha"]
    (entry,) = await world.house.deliveries(NodeId("che"), before["che"], 10)
    kinds = [kind_of(each.payload_type) for each in entry.envelopes]
    assert kinds == [PayloadKind.REGISTRY_STATEMENT, PayloadKind.RECEIPT]
    told = decode(kinds[0], entry.envelopes[0].payload)
    assert (told.registry, told.reason) == ("CHE01", reason)  # type: ignore[attr-defined]  # a RegistryStatement
    account = make_account_id(RegistryId("CHE01"), 100, 77)
    opened = statements_pb2.AccountStatement(account_id=account, registry="CHE01", account_type=100)
    che = world.senders["che"]
    refused = receipt_of(await che.say(PayloadKind.ACCOUNT_STATEMENT, opened))
    assert (refused.effective, refused.refusal.code) == (False, "REG_OPERATIONAL")
    await world.operator.set_registry_status("CHE01", OperationalStatus.OPERATIONAL, "")
    assert receipt_of(await che.say(PayloadKind.ACCOUNT_STATEMENT, opened)).effective
