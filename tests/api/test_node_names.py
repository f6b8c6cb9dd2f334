# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What waits is shown with what there is to decide on; ids may be short; wrong names are stopped here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.paris.v1 import authorization_pb2
from itmo.reasons import ProtocolError, Reason
from registry_node.api.naming import whole_id
from registry_node.paris.authorizations import Standing, Tracked
from registry_node.paris.issuing import check_authorizations
from tests.api.test_node_cli import Terminal
from tests.api.test_node_cli import terminal as _desk
from tests.kit import wishes

terminal = _desk

FIRST = "018cc251-f400-7000-8000-0000000000a1"
SECOND = "018cc251-f400-7000-8000-0000000001b2"


async def offered(terminal: Terminal, transaction_id: str, note: str = "for the buses") -> None:
    """An offer of the other node that waits here."""
    accounts = await terminal.node.accounts()
    if not accounts:
        await terminal.ask("open-account", "--type", "100")
        issued = wishes.issuance(
            terminal.other_account, [units_pb2.UnitBlock(registry="CHE01", first=1, last=5000)]
        )
        submitted = await terminal.other.propose(issued, unchecked=True)
        assert (await terminal.other.outcome(submitted.message_id, 30)).item.effective
    (account,) = await terminal.node.accounts()
    held = len(await terminal.node.waiting())
    wish = wishes.transfer(
        terminal.other_account,
        account.account_id,
        [units_pb2.UnitBlock(registry="CHE01", first=1 + 1916 * held, last=1916 * (held + 1))],
        transaction_id=transaction_id,
        note=note,
    )
    await terminal.other.propose(wish, unchecked=True)
    changed = asyncio.Event()
    terminal.network.stores["tha-registry"].listen(changed.set)
    while len(await terminal.node.waiting()) == held:
        await changed.wait()
        changed.clear()


async def test_the_inbox_shows_what_there_is_to_decide_on(terminal: Terminal) -> None:
    await offered(terminal, FIRST)
    code, text = await terminal.run("inbox")
    assert code == 0
    (row,) = await terminal.node.waiting()
    assert row.deadline is not None
    for shown in (FIRST, "1 916", "CHE01:1-1916", "for the buses", "until", "2026-06-0"):
        assert shown in text, shown


async def test_ids_may_be_shortened_where_they_fit_one(terminal: Terminal) -> None:
    await offered(terminal, FIRST)
    await offered(terminal, SECOND, "")
    for part in ("00a1", FIRST[-8:], FIRST[:35]):
        shown = await terminal.ask("transaction", part)
        assert shown["transaction"]["transaction_id"] == FIRST
    code, text = await terminal.run("accept", "018cc251", "--json")
    error = json.loads(text)["error"]
    assert (code, error["reason"]) == (2, "IDENTIFIER_INVALID")
    assert FIRST in error["message"]
    assert SECOND in error["message"]
    code, text = await terminal.run("transaction", "beef", "--json")
    assert json.loads(text)["error"]["reason"] == "TRANSACTION_UNKNOWN"
    accepted = await terminal.ask("accept", "00A1")
    assert accepted["outcome"]["transaction"]["transaction_id"] == FIRST
    rejected = await terminal.ask("reject", "01b2")
    assert rejected["outcome"]["transaction"]["transaction_id"] == SECOND


async def test_too_little_is_no_id() -> None:
    class Kept:
        async def ids_like(self, part: str) -> Sequence[str]:
            raise AssertionError(part)

    for written in ("", "0a1", "%%%%", "____", "zzzz", FIRST):
        assert await whole_id(written, Kept()) == written


async def test_an_unknown_authorization_is_stopped_before_it_is_signed(terminal: Terminal) -> None:
    account = (await terminal.ask("open-account", "--type", "100"))["account"]["account_id"]
    file = terminal.folder / "authorization.yaml"
    file.write_text(
        'id: "1006.4/2810"\nparty: THA\ncooperative_approach: CA0003\npurposes: [NDC]\n'
        "quantity: 500000\nparties: [CHE]\nvintages: [2022, 2030]\ndate: 2022-11-01\n"
    )
    await terminal.ask("authorize", str(file))
    sent = len(terminal.network.broker.submitted)
    words = ("issue", account, "1-10", "--vintage", "2022", "--authorization")
    code, text = await terminal.run(*words, "1006.4/2180", "--json")
    error = json.loads(text)["error"]
    assert (code, error["reason"]) == (1, "NOT_FOUND")
    assert "the nearest is '1006.4/2810'" in error["message"]
    assert "--unchecked" in error["message"]
    assert len(terminal.network.broker.submitted) == sent
    assert not await terminal.node.transactions()
    assert (await terminal.run(*words, "1006.4/2810"))[0] == 0
    extra = ("--party", "THA", "--cooperative-approach", "CA0003", "--authorization-version", "1")
    other = ("issue", account, "11-20", "--vintage", "2022", *extra, "--authorization")
    assert (await terminal.run(*other, "1006.4/2180", "--unchecked"))[0] == 0
    assert len(terminal.network.broker.submitted) == sent + 2


class Broker:
    """What the clearing-house answers about authorizations."""

    def __init__(self, *ids: str, reachable: bool = True) -> None:
        self.ids = list(ids)
        self.reachable = reachable
        self.asked: list[str] = []

    async def of_party(self, party: str) -> list[str] | None:
        self.asked.append(party)
        if not self.reachable:
            raise ProtocolError(Reason.BROKER_UNREACHABLE, "no line")
        return self.ids


def issued(name: str, registry: str = "THA01", party: str = "") -> proposal_pb2.ProposedTransaction:
    block = units_pb2.UnitBlock(registry=registry, first=1, last=10)
    block.attributes.paris.authorization.id = name
    block.attributes.paris.first_transferring_party = party
    return wishes.issuance("account", [block])


def stated(name: str, standing: Standing = Standing.IN_EFFECT) -> Tracked:
    statement = authorization_pb2.AuthorizationStatement(authorization_id=name, party="THA")
    return Tracked(statement=statement, standing=standing)


async def test_the_broker_knows_what_other_nodes_stated() -> None:
    broker = Broker("A-1", "A-2")
    await check_authorizations(issued("A-1").blocks, [], broker)
    await check_authorizations(issued("A-2", party="CHE").blocks, [], broker)
    await check_authorizations(issued("A-2", registry="XMR01").blocks, [], broker)
    assert broker.asked == ["THA", "CHE", ""]
    with pytest.raises(ProtocolError, match="the nearest is 'A-1'"):
        await check_authorizations(issued("A-11").blocks, [], broker)
    with pytest.raises(ProtocolError, match="there is none"):
        await check_authorizations(issued("A-11").blocks, [], Broker())


async def test_what_was_stated_here_needs_no_question() -> None:
    broker = Broker()
    for standing in (Standing.SENT, Standing.IN_EFFECT, Standing.REVOKED, Standing.SUPERSEDED):
        await check_authorizations(issued("A-1").blocks, [stated("A-1", standing)], broker)
    await check_authorizations(issued("").blocks, [], broker)
    assert broker.asked == []
    for standing in (Standing.DRAFT, Standing.REFUSED):
        with pytest.raises(ProtocolError):
            await check_authorizations(issued("A-1").blocks, [stated("A-1", standing)], broker)


async def test_without_a_line_only_what_is_surely_wrong_is_stopped() -> None:
    away = Broker(reachable=False)
    await check_authorizations(issued("A-1").blocks, [], away)
    with pytest.raises(ProtocolError, match="the nearest is 'A-2'"):
        await check_authorizations(issued("A-1").blocks, [stated("A-2")], away)
