# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Messages say by which rulebook they are to be judged; one that is not in force is refused by name."""

from __future__ import annotations

import pytest

from broker.rulebook.general.registries import OperationalStatus
from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import receipt_of, transfer, verdict_of
from tests.kit.world_again import trading_again


async def test_paris_is_named_or_left_out() -> None:
    world = await trading_again()
    batch = proposal_pb2.ProposalBatch(
        transactions=[transfer(world, 1, 10), transfer(world, 11, 20)]
    )
    batch.transactions[1].rulebook = "paris"
    answer = await world.senders["tha"].say(PayloadKind.PROPOSAL_BATCH, batch)
    assert len(verdict_of(answer).results) == 2


@pytest.mark.parametrize("name", ["kyoto", "Paris", "paris ", "p" * 100])
async def test_a_proposal_under_an_unknown_rulebook_is_refused(name: str) -> None:
    world = await trading_again()
    wanted = transfer(world, 1, 10)
    wanted.rulebook = name
    with pytest.raises(ProtocolError) as raised:
        await world.senders["tha"].propose(wanted)
    assert raised.value.reason is Reason.RULEBOOK_UNKNOWN
    assert raised.value.metadata["supported"] == "paris"


async def test_an_account_and_a_registry_of_an_unknown_rulebook_take_no_effect() -> None:
    world = await trading_again()
    account = make_account_id(RegistryId("CHE01"), 100, 77)
    opened = statements_pb2.AccountStatement(
        account_id=account, registry="CHE01", account_type=100, rulebook="kyoto"
    )
    told = receipt_of(await world.senders["che"].say(PayloadKind.ACCOUNT_STATEMENT, opened))
    assert (told.effective, told.refusal.code) == (False, "RULEBOOK_UNKNOWN")
    for named, reason in (
        (["kyoto"], Reason.RULEBOOK_UNKNOWN),
        (["paris", "paris"], Reason.PAYLOAD_INVALID),
    ):
        with pytest.raises(ProtocolError) as raised:
            await world.operator.set_registry_status(
                "CHE01", OperationalStatus.OPERATIONAL, "", named
            )
        assert raised.value.reason is reason


async def test_what_was_stated_of_rulebooks_is_kept() -> None:
    world = await trading_again()
    await world.operator.set_registry_status("CHE01", OperationalStatus.OPERATIONAL, "", ["paris"])
    rows = world.connection.execute("SELECT registry, rulebooks FROM registry").fetchall()
    assert dict(rows)["CHE01"] == "paris"
    accounts = world.connection.execute("SELECT DISTINCT rulebook FROM account").fetchall()
    assert accounts == [("paris",)]
