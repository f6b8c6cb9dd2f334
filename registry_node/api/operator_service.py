# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The operator's service: reads requests, calls the node, writes answers. No rule lives here."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, TypeAlias, TypeVar

from itmo import limits
from itmo.asked_state import asked_state
from itmo.core.v1 import proposal_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.registry.v1 import operator_service_pb2_grpc
from itmo.runtime.rpc.callers import Context
from itmo.runtime.rpc.limiting import CallLimits
from itmo.timestamps import moment, timestamp
from registry_node.api import writing
from registry_node.api.naming import whole_id
from registry_node.commands.propose import Submitted
from registry_node.outcomes import FIRST, Place
from registry_node.service import RegistryNode

MAX_WAIT_MS: Final = 600_000
# The operator's own socket: generous, but a script gone wild still cannot take the whole process.
OPERATOR_LIMITS: Final = CallLimits(
    rate_per_second=1000, burst=2000, calls=200, calls_per_node=200, deadline_seconds=660.0
)
Row = TypeVar("Row")
Written = TypeVar("Written")
_NOT_OF_THIS_LIST: Final = "page_token was not given out for this list."
_LAST_PAGE: Final = 2**63 - 1
_NUMBER: Final = re.compile("[0-9]{1,19}", re.ASCII)
"""As many digits as the largest has."""
_HOLDING: Final = re.compile("([^:]+):([^:]+):([0-9]+)", re.ASCII)
"""The place of a range of units: account, registry, first serial number."""
Standing: TypeAlias = Callable[[], Awaitable[api.ProgramStanding]]
"""What the program says of itself."""
LookUp: TypeAlias = Callable[[Sequence[proposal_pb2.ProposedTransaction]], Awaitable[None]]
"""Refuses what names something that neither this node nor the broker knows, before it is proposed."""


class OperatorServicer(operator_service_pb2_grpc.OperatorServiceServicer):
    """OperatorService over one node. Refusals are raised; the guard turns them into a status."""

    def __init__(
        self,
        node: RegistryNode,
        standing: Standing | None = None,
        look_up: LookUp | None = None,
    ) -> None:
        self._node = node
        self._standing = standing
        self._look_up = look_up or _nothing_to_look_up

    # -- commands -------------------------------------------------------------------------------

    async def Propose(self, request: api.ProposeRequest, context: Context) -> api.ProposeResponse:
        """Proposes transactions."""
        wishes = request.transactions
        for wish in wishes:
            wish.reverses = await self._meant(wish.reverses)
            wish.notice_id = await self._meant(wish.notice_id)
        if not request.unchecked:
            await self._look_up(wishes)
        submitted = await self._node.propose(*wishes, unchecked=request.unchecked)
        outcome = await outcome_of(self._node, submitted, request.wait_ms)
        names = submitted.transaction_ids if len(wishes) > 1 else ()
        told = [writing.told(await self._node.story(name)) for name in names]
        return api.ProposeResponse(outcome=outcome, transactions=told)

    async def Accept(self, request: api.AcceptRequest, context: Context) -> api.AcceptResponse:
        """Accepts an offer."""
        submitted = await self._node.accept(await self._meant(request.transaction_id))
        return api.AcceptResponse(outcome=await outcome_of(self._node, submitted, request.wait_ms))

    async def Reject(self, request: api.RejectRequest, context: Context) -> api.RejectResponse:
        """Rejects an offer."""
        submitted = await self._node.reject(
            await self._meant(request.transaction_id), request.reason
        )
        return api.RejectResponse(outcome=await outcome_of(self._node, submitted, request.wait_ms))

    async def Withdraw(
        self, request: api.WithdrawRequest, context: Context
    ) -> api.WithdrawResponse:
        """Withdraws an own proposal."""
        submitted = await self._node.withdraw(
            await self._meant(request.transaction_id), request.reason
        )
        return api.WithdrawResponse(
            outcome=await outcome_of(self._node, submitted, request.wait_ms)
        )

    async def Complete(
        self, request: api.CompleteRequest, context: Context
    ) -> api.CompleteResponse:
        """Completes an own proposal."""
        submitted = await self._node.complete(await self._meant(request.transaction_id))
        return api.CompleteResponse(
            outcome=await outcome_of(self._node, submitted, request.wait_ms)
        )

    async def OpenAccount(
        self, request: api.OpenAccountRequest, context: Context
    ) -> api.OpenAccountResponse:
        """Opens or closes an account."""
        submitted, row = await self._node.open_account(request.statement)
        outcome = await outcome_of(self._node, submitted, request.wait_ms)
        rows = {each.account_id: each for each in await self._node.accounts()}
        return api.OpenAccountResponse(
            outcome=outcome, account=writing.account(rows.get(row.account_id, row))
        )

    async def ChangeKey(
        self, request: api.ChangeKeyRequest, context: Context
    ) -> api.ChangeKeyResponse:
        """Adds or revokes a key."""
        submitted = await self._node.change_key(request.statement)
        return api.ChangeKeyResponse(
            outcome=await outcome_of(self._node, submitted, request.wait_ms)
        )

    async def SetClock(
        self, request: api.SetClockRequest, context: Context
    ) -> api.SetClockResponse:
        """Sets the clock of a test network's node."""
        now = await self._node.set_clock(moment(request.time, "time"))
        return api.SetClockResponse(time=timestamp(now))

    # -- questions ------------------------------------------------------------------------------

    async def ListAccounts(
        self, request: api.ListAccountsRequest, context: Context
    ) -> api.ListAccountsResponse:
        """Lists accounts with what they hold."""
        holdings = await self._node.holdings()
        return api.ListAccountsResponse(
            accounts=[
                writing.account(row, holdings)
                for row in await self._node.accounts()
                if request.registry in ("", row.registry)
            ]
        )

    async def ListHoldings(
        self, request: api.ListHoldingsRequest, context: Context
    ) -> api.ListHoldingsResponse:
        """Lists holdings."""
        size = _size_or_all(request.page_size)
        after = _place(request.page_token)
        rows = await self._node.holdings(request.account_id, after=after, most=size + 1)
        page = rows[:size]
        answer = api.ListHoldingsResponse(
            holdings=[row async for row in _written(page, writing.holding)]
        )
        if len(rows) > size:
            last = page[-1]
            answer.next_page_token = f"{last.account_id}:{last.registry}:{last.first}"
        return answer

    async def ListTransactions(
        self, request: api.ListTransactionsRequest, context: Context
    ) -> api.ListTransactionsResponse:
        """Lists transactions, newest first."""
        size = read_page_size(request.page_size)
        rows = await self._node.transactions(
            before=read_page_token(request.page_token),
            most=size + 1,
            state=asked_state(request.state),
        )
        page = rows[:size]
        reasons = await self._node.reasons(page)
        return api.ListTransactionsResponse(
            transactions=list(map(writing.transaction, page, reasons)),
            next_page_token=str(page[-1].number) if len(rows) > size else "",
        )

    async def GetTransaction(
        self, request: api.GetTransactionRequest, context: Context
    ) -> api.GetTransactionResponse:
        """Shows a transaction with its history."""
        found = await self._node.story(await self._meant(request.transaction_id))
        return writing.story(found, self._node.identity.node)

    async def ListInbox(
        self, request: api.ListInboxRequest, context: Context
    ) -> api.ListInboxResponse:
        """Lists what waits for a person."""
        size = _size_or_all(request.page_size)
        after = read_page_token(request.page_token) if request.page_token else 0
        rows = await self._node.waiting(after=after, most=size + 1)
        page = rows[:size]
        return api.ListInboxResponse(
            transactions=[row async for row in _written(page, writing.transaction)],
            next_page_token=str(page[-1].number) if len(rows) > size else "",
        )

    async def GetStatus(
        self, request: api.GetStatusRequest, context: Context
    ) -> api.GetStatusResponse:
        """Shows how the node is doing."""
        found = await self._node.status()
        identity, health = self._node.identity, self._node.health
        error = health.last_error
        return api.GetStatusResponse(
            node=identity.node,
            network_id=identity.network_id,
            test_network=identity.test_network,
            registries=identity.registries,
            time=timestamp(self._node.clock.now()),
            cursor=found.cursor,
            recorded_sequence=found.recorded_sequence,
            outbox_depth=found.outbox_depth,
            inbox_depth=found.inbox_depth,
            instructions_depth=found.instructions_depth,
            quarantined=found.quarantined,
            alarms=[writing.alarm(row) for row in found.alarms],
            connected=health.reached,
            last_error=writing.refusal(error),
            slowed=writing.slowed(health.slowed),
            clock_jumped=self._node.clock.look().fault is not None,
            clock=writing.refusal(self._node.clock_fault),
            tasks=[
                api.TaskStanding(name=each.name, fault=each.fault, failures=each.failures)
                for each in self._node.tasks()
            ],
            program=None if self._standing is None else await self._standing(),
            open_alarms=found.open_alarms,
            suspensions=found.suspensions,
            reconciliations=[writing.reconciliation(each) for each in await self._node.compared()],
        )

    async def ListAlarms(
        self, request: api.ListAlarmsRequest, context: Context
    ) -> api.ListAlarmsResponse:
        """Lists alarms."""
        rows = await self._node.alarms.listed(acknowledged=request.acknowledged)
        return api.ListAlarmsResponse(alarms=[writing.alarm(row) for row in rows])

    async def AcknowledgeAlarms(
        self, request: api.AcknowledgeAlarmsRequest, context: Context
    ) -> api.AcknowledgeAlarmsResponse:
        """Takes alarms off the status."""
        done = await self._node.alarms.acknowledge(request.numbers, request.code)
        return api.AcknowledgeAlarmsResponse(acknowledged=done)

    async def VerifyReceipts(
        self, request: api.VerifyReceiptsRequest, context: Context
    ) -> api.VerifyReceiptsResponse:
        """Verifies every stored proof again."""
        found = await self._node.verify()
        return writing.verified(found)

    # -- shared ---------------------------------------------------------------------------------

    async def _meant(self, written: str) -> str:
        return await whole_id(written, self._node)


add_to_server: Final = operator_service_pb2_grpc.add_OperatorServiceServicer_to_server


async def outcome_of(node: RegistryNode, submitted: Submitted, wait_ms: int) -> api.Outcome:
    """Returns what came of a command, waited for as long as its caller likes."""
    found = await node.outcome(submitted.message_id, min(wait_ms, MAX_WAIT_MS) / 1000)
    told = None
    if found.transaction is not None:
        told = await node.story(found.transaction.transaction_id)
    return writing.outcome(found, told, node.hindrance)


async def _nothing_to_look_up(_: Sequence[proposal_pb2.ProposedTransaction]) -> None:
    return


def read_page_size(asked: int) -> int:
    """Returns how many rows a page has.

    Raises:
        ProtocolError: PAGE_SIZE_INVALID.
    """
    if asked > limits.MAX_PAGE_SIZE:
        raise ProtocolError(
            Reason.PAGE_SIZE_INVALID,
            f"page_size is {asked}, at most {limits.MAX_PAGE_SIZE} are shown.",
            found=asked,
            limit=limits.MAX_PAGE_SIZE,
        )
    return asked or limits.DEFAULT_PAGE_SIZE


def _size_or_all(asked: int) -> int:
    return read_page_size(asked) if asked else _LAST_PAGE - 1


async def _written(rows: Sequence[Row], write: Callable[[Row], Written]) -> AsyncIterator[Written]:
    """Writes rows of a list that may be long, and lets others have their turn meanwhile."""
    for number, row in enumerate(rows, 1):
        yield write(row)
        if number % limits.MAX_PAGE_SIZE == 0:
            await asyncio.sleep(0)


def _place(token: str) -> Place:
    if not token:
        return FIRST
    found = _HOLDING.fullmatch(token)
    if found is None:
        raise ProtocolError(Reason.PAGE_TOKEN_INVALID, _NOT_OF_THIS_LIST)
    return Place(found[1], found[2], read_page_token(found[3]))


def read_page_token(token: str) -> int:
    """Returns the number below which a page starts.

    Raises:
        ProtocolError: PAGE_TOKEN_INVALID.
    """
    if not token:
        return _LAST_PAGE
    if _NUMBER.fullmatch(token) and int(token) <= _LAST_PAGE:
        return int(token)
    raise ProtocolError(Reason.PAGE_TOKEN_INVALID, _NOT_OF_THIS_LIST)
