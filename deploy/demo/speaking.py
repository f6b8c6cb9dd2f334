# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an operator says to a running program, over its socket; faster than a process per command."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, TypeVar

import grpc

from deploy.demo.history import Authorization, Units
from deploy.demo.programs import DemoFailed
from itmo.core.v1 import decision_pb2, proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.paris.v1 import attributes_pb2, authorization_pb2, parties_pb2, terms_pb2
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.registry.v1 import operator_service_pb2_grpc as node_grpc
from itmo.registry.v1 import paris_service_pb2 as paris
from itmo.registry.v1 import paris_service_pb2_grpc as paris_grpc
from itmo.runtime.rpc.client import local_channel
from itmo.runtime.rpc.errors import from_rpc_error
from itmo.timestamps import timestamp

WAIT_MS: Final = 20_000
SECONDS: Final = 30.0
_ASK_AGAIN: Final = 0.04
_HOLDING: Final = 100
_NDC_USE: Final = 200
_FINE: Final = frozenset({decision_pb2.OUTCOME_PASSED, decision_pb2.OUTCOME_NOT_APPLICABLE})


class _Answer(Protocol):
    @property
    def outcome(self) -> api.Outcome:
        """What came of a command."""
        ...


A = TypeVar("A", bound=_Answer)


def state_of(transaction: api.Transaction) -> str:
    """Returns the name of a transaction's state."""
    return decision_pb2.State.Name(transaction.state).removeprefix("STATE_")


def failed(transaction: api.Transaction) -> list[decision_pb2.Finding]:
    """Returns the findings of checks that failed; where none did, of those not to be judged."""
    faults = [finding for finding in transaction.findings if finding.outcome not in _FINE]
    definite = [each for each in faults if each.outcome == decision_pb2.OUTCOME_FAILED]
    return definite or faults


class NodeOperator:
    """The operator of a registry node."""

    def __init__(self, name: str, socket: Path) -> None:
        self.name = name
        self._socket = socket
        self._open()

    def _open(self) -> None:
        self._channel = local_channel(self._socket)
        self._stub: node_grpc.OperatorServiceAsyncStub = node_grpc.OperatorServiceStub(
            self._channel
        )
        self._paris: paris_grpc.ParisServiceAsyncStub = paris_grpc.ParisServiceStub(self._channel)

    async def close(self) -> None:
        """Hangs up."""
        await self._channel.close()

    async def dial_again(self) -> None:
        """Connects anew, after the node was started again."""
        await self.close()
        self._open()

    async def connected(self) -> bool:
        """Whether the node runs and has the broker on the line."""
        if not self._socket.exists():
            return False
        try:
            answer = await self._stub.GetStatus(api.GetStatusRequest(), timeout=1)
        except grpc.aio.AioRpcError:
            await self.dial_again()  # else gRPC pauses before it tries again
            return False
        return answer.connected

    async def set_clock(self, moment: datetime) -> None:
        """Sets the clock of the node forward."""
        await self._stub.SetClock(api.SetClockRequest(time=timestamp(moment)), timeout=SECONDS)

    async def open_account(
        self, registry: str, account_type: int = _HOLDING, entity: str = ""
    ) -> str:
        """Opens an account and returns its id."""
        stated = statements_pb2.AccountStatement(
            registry=registry, account_type=account_type, entity=entity
        )
        if account_type == _NDC_USE:
            stated.terms.paris.ndc_period.first, stated.terms.paris.ndc_period.last = 2021, 2030
        request = api.OpenAccountRequest(statement=stated, wait_ms=WAIT_MS)
        answer = await self._effective(self._stub.OpenAccount(request, timeout=SECONDS))
        return answer.account.account_id

    async def authorize(self, letter: Authorization) -> None:
        """States an authorization."""
        by_definition = authorization_pb2.FIRST_TRANSFER_DEFINITION_AUTHORIZATION
        undefined = authorization_pb2.FIRST_TRANSFER_DEFINITION_UNSPECIFIED
        statement = authorization_pb2.AuthorizationStatement(
            authorization_id=letter.id,
            party=letter.party,
            cooperative_approach=letter.approach.id,
            purposes=[
                authorization_pb2.Purpose.Value(f"PURPOSE_{name}") for name in letter.purposes
            ],
            quantity=letter.quantity,
            parties=letter.users,
            vintages=terms_pb2.YearSpan(first=letter.vintages[0], last=letter.vintages[1]),
            first_transfer_definition=by_definition if letter.at_authorization else undefined,
            other_purposes=letter.other_purposes,
            date=letter.date,
        )
        request = paris.AuthorizeRequest(statement=statement, wait_ms=WAIT_MS)
        await self._effective(self._paris.Authorize(request, timeout=SECONDS))

    async def state_inventory(self, party: str, years: Sequence[tuple[int, int]]) -> None:
        """States a Party's inventory."""
        statement = parties_pb2.InventoryStatement(
            party=party,
            years=[parties_pb2.InventoryYear(year=year, tonnes=tonnes) for year, tonnes in years],
        )
        request = paris.StateInventoryRequest(statement=statement, wait_ms=WAIT_MS)
        await self._effective(self._paris.StateInventory(request, timeout=SECONDS))

    async def issue(self, account: str, blocks: Sequence[Units]) -> api.Transaction:
        """Brings units into being."""
        return await self._proposed(
            proposal_pb2.ProposedTransaction(
                type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
                to_account=account,
                blocks=[_issued(block) for block in blocks],
            )
        )

    async def offer(
        self,
        source: str,
        target: str,
        blocks: Sequence[units_pb2.UnitBlock],
        *,
        note: str = "",
        unchecked: bool = False,
    ) -> api.Transaction:
        """Proposes a transfer; unchecked: whatever this node itself thinks of it."""
        return await self._proposed(
            proposal_pb2.ProposedTransaction(
                type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
                from_account=source,
                to_account=target,
                blocks=blocks,
                note=note,
            ),
            unchecked=unchecked,
        )

    async def use(
        self,
        source: str,
        target: str,
        blocks: Sequence[units_pb2.UnitBlock],
        year: int,
        *,
        unchecked: bool = False,
    ) -> api.Transaction:
        """Uses units towards an NDC."""
        return await self._proposed(
            proposal_pb2.ProposedTransaction(
                type=proposal_pb2.TRANSACTION_TYPE_USE,
                from_account=source,
                to_account=target,
                blocks=blocks,
                terms=rulebooks_pb2.TransactionTerms(
                    paris=terms_pb2.TransactionTerms(year_of_use=year)
                ),
            ),
            unchecked=unchecked,
        )

    async def accept(self, transaction_id: str, *, wait_ms: int = WAIT_MS) -> None:
        """Accepts an offer; without waiting, the acceptance is on the disk and nothing more."""
        request = api.AcceptRequest(transaction_id=transaction_id, wait_ms=wait_ms)
        answer = await self._told(self._stub.Accept(request, timeout=SECONDS))
        if wait_ms:
            self._check(answer.outcome)

    async def reject(self, transaction_id: str, reason: str) -> None:
        """Rejects an offer."""
        request = api.RejectRequest(transaction_id=transaction_id, reason=reason, wait_ms=WAIT_MS)
        await self._effective(self._stub.Reject(request, timeout=SECONDS))

    async def until(self, transaction_id: str, state: str) -> api.Transaction:
        """Waits until the node knows that a transaction is in a state."""
        request = api.GetTransactionRequest(transaction_id=transaction_id)
        found = "not known"
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    try:
                        told = await self._stub.GetTransaction(request, timeout=SECONDS)
                    except grpc.aio.AioRpcError as error:
                        if error.code() is not grpc.StatusCode.NOT_FOUND:
                            raise DemoFailed(f"{self.name}: {from_rpc_error(error)}") from None
                    else:
                        found = state_of(told.transaction)
                        if found == state:
                            return told.transaction
                    await asyncio.sleep(_ASK_AGAIN)
        except TimeoutError:
            raise DemoFailed(
                f"{self.name}: {transaction_id} is {found}, expected {state}"
            ) from None

    async def verify(self) -> tuple[int, int, list[str]]:
        """Verifies every stored proof: how many were checked, are valid, and what is wrong."""
        answer = await self._stub.VerifyReceipts(api.VerifyReceiptsRequest(), timeout=SECONDS)
        problems = [f"{self.name}: {each.code} {each.found}" for each in answer.problems]
        return answer.checked, answer.valid, problems

    async def _proposed(
        self, wish: proposal_pb2.ProposedTransaction, *, unchecked: bool = False
    ) -> api.Transaction:
        request = api.ProposeRequest(transactions=[wish], unchecked=unchecked, wait_ms=WAIT_MS)
        answer = await self._told(self._stub.Propose(request, timeout=SECONDS))
        return self._decided(answer.outcome).transaction

    async def _effective(self, call: Awaitable[A]) -> A:
        answer = await self._told(call)
        self._check(answer.outcome)
        return answer

    def _check(self, outcome: api.Outcome) -> None:
        if not self._decided(outcome).effective:
            refusal = outcome.refusal
            raise DemoFailed(f"{self.name}: no effect: {refusal.code} {refusal.found}")

    def _decided(self, outcome: api.Outcome) -> api.Outcome:
        if outcome.state == api.MESSAGE_STATE_PENDING:
            raise DemoFailed(f"{self.name}: no decision of the broker in {WAIT_MS // 1000} s")
        if outcome.state != api.MESSAGE_STATE_DECIDED:
            refusal = outcome.refusal
            raise DemoFailed(f"{self.name}: not taken in: {refusal.code} {refusal.found}")
        return outcome

    async def _told(self, call: Awaitable[A]) -> A:
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise DemoFailed(f"{self.name}: {from_rpc_error(error)}") from None


def blocks_of(units: Sequence[Units]) -> list[units_pb2.UnitBlock]:
    """Names units that exist."""
    return [units_pb2.UnitBlock(registry=u.registry, first=u.first, last=u.last) for u in units]


def _issued(units: Units) -> units_pb2.UnitBlock:
    (block,) = blocks_of([units])
    letter = units.authorization
    block.attributes.paris.CopyFrom(
        attributes_pb2.UnitAttributes(
            unit_type=attributes_pb2.UNIT_TYPE_ITMO,
            vintage=units.vintage,
            authorization=attributes_pb2.AuthorizationReference(id=letter.id),
            metric=attributes_pb2.METRIC_GHG,
            mitigation_type=attributes_pb2.MITIGATION_TYPE_EMISSION_REDUCTIONS,
            sector=letter.approach.sector,
            activity_type=letter.approach.activity,
        )
    )
    return block
