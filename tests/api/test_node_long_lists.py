# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a node lists after a true-up of tens of thousands of transfers: whole, or page by page."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator

import pytest

from itmo import limits
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.lifecycle import Completion, State
from itmo.paris.v1 import attributes_pb2
from itmo.reasons import Reason
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.registry.v1.operator_service_pb2_grpc import OperatorServiceStub
from itmo.runtime.rpc.client import local_channel
from itmo.runtime.rpc.sizes import MAX_SEND_BYTES
from registry_node.api import writing
from registry_node.ledger.holdings import Holding
from registry_node.store.rows import TransactionRow
from registry_node.store.tables import HOLDINGS, TRANSACTIONS
from tests.api.broker_kit import SECONDS, refusal
from tests.api.test_node_cli import Terminal, terminal

__all__ = ["terminal"]
MANY = 12_000
ACCOUNTS = ("TH01THA0110000000001", "TH02THA0110000000002")


def held() -> Iterator[Holding]:
    """Single units that do not touch, in turns in two accounts."""
    told = attributes_pb2.UnitAttributes(sector="x" * 400).SerializeToString()
    for number in range(MANY):
        serial = 2 * number + 1
        yield Holding(
            registry="THA01", first=serial, last=serial, account_id=ACCOUNTS[number % 2],
            attributes=told, marks="", reserved_by=None,
        )  # fmt: skip


def offered(number: int) -> TransactionRow:
    name = f"01a22cde-9895-75df-b358-{number:012d}"
    proposed = proposal_pb2.ProposedTransaction(
        transaction_id=name, blocks=[units_pb2.UnitBlock(first=number, last=number)], note="x" * 400
    )
    return TransactionRow(
        transaction_id=name, state=State.VALIDATED, proposed_here=False, received_here=True,
        proposal=proposed.SerializeToString(), from_registry="CHE01", to_registry="THA01", from_account="a",
        to_account="b", quantity=1, completion=Completion.ON_ACCEPTANCE, created_at=0, updated_at=0,
    )  # fmt: skip


async def filled(terminal: Terminal) -> None:
    def write(db: sqlite3.Connection) -> None:
        with db:
            for row in held():
                HOLDINGS.insert(db, row)
            for number in range(1, MANY + 1):
                TRANSACTIONS.insert(db, offered(number))

    await terminal.network.stores["tha-registry"]._database.run(write)


async def test_lists_longer_than_a_message_are_whole_and_the_same_page_by_page(
    terminal: Terminal,
) -> None:
    await filled(terminal)
    async with local_channel(terminal.folder / "node.sock") as channel:
        stub = OperatorServiceStub(channel)
        whole = await stub.ListHoldings(api.ListHoldingsRequest(), timeout=SECONDS)
        assert whole.ByteSize() > MAX_SEND_BYTES
        places = [(each.account_id, each.block.first) for each in whole.holdings]
        assert places == sorted(places)
        assert len(set(places)) == MANY
        for account in ("", ACCOUNTS[1]):
            found: list[api.Holding] = []
            token = ""
            while token or not found:
                page = await stub.ListHoldings(
                    api.ListHoldingsRequest(account_id=account, page_size=700, page_token=token),
                    timeout=SECONDS,
                )
                found += page.holdings
                token = page.next_page_token
            assert found == [each for each in whole.holdings if account in ("", each.account_id)]
        inbox = await stub.ListInbox(api.ListInboxRequest(), timeout=SECONDS)
        assert inbox.ByteSize() > MAX_SEND_BYTES
        waiting = [each.blocks[0].first for each in inbox.transactions]
        assert waiting == list(range(1, MANY + 1))
    listed = json.loads((await terminal.run("inbox", "--json"))[1])["transactions"]
    assert [int(each["blocks"][0]["first"]) for each in listed] == waiting
    assert json.loads((await terminal.run("holdings", "--json"))[1])["holdings"][-1]["account_id"]


async def test_others_have_their_turn_while_a_long_list_is_written(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(terminal)
    turns, write = 0, writing.holding
    seen: set[int] = set()

    def seeing(row: Holding) -> api.Holding:
        seen.add(turns)
        return write(row)

    monkeypatch.setattr(writing, "holding", seeing)
    async with local_channel(terminal.folder / "node.sock") as channel:
        stub = OperatorServiceStub(channel)
        asked = asyncio.ensure_future(stub.ListHoldings(api.ListHoldingsRequest(), timeout=SECONDS))
        while not asked.done():
            turns += 1
            await asyncio.sleep(0)
        assert len((await asked).holdings) == MANY
    assert len(seen) >= MANY // limits.MAX_PAGE_SIZE


@pytest.mark.parametrize("token", ["x", "a:b", "a:b:c", "a:b:1:2", ":b:1", "a:b:", f"a:b:{2**63}"])
async def test_a_token_of_another_list_is_refused(terminal: Terminal, token: str) -> None:
    async with local_channel(terminal.folder / "node.sock") as channel:
        stub = OperatorServiceStub(channel)
        for call in (
            stub.ListHoldings(api.ListHoldingsRequest(page_token=token), timeout=SECONDS),
            stub.ListInbox(api.ListInboxRequest(page_token=token), timeout=SECONDS),
        ):
            assert (await refusal(call)).reason is Reason.PAGE_TOKEN_INVALID
