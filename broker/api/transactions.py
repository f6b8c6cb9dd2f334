# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""TransactionService: the door for every signed message, and what became of transactions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Final

from broker.api.paging import page_of
from broker.api.peer import admitted_caller
from broker.api.submit_stream import SubmitStream
from broker.clearing.decision.rows import TransactionRow
from broker.clearing.decision.statements import CAUSES, STATES, TYPES
from broker.clearing.path.house import Answer, ClearingHouse
from broker.store import messages, transaction_record
from itmo import limits
from itmo.asked_state import asked_state
from itmo.clearing.v1 import transaction_service_pb2 as pb
from itmo.clearing.v1 import transaction_service_pb2_grpc as pb_grpc
from itmo.clock import from_ms
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.identifiers import parse_registry_id
from itmo.payloads import PayloadKind, from_proto, to_proto
from itmo.reasons import ProtocolError, Reason, plain
from itmo.runtime.db.connection import Connection
from itmo.runtime.rpc.callers import Context
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.timestamps import timestamp

_DEFAULT_MESSAGES: Final = 64
_COMPLETIONS: Final = {
    "ON_ACCEPTANCE": proposal_pb2.COMPLETION_MODE_ON_ACCEPTANCE,
    "BY_PROPOSER": proposal_pb2.COMPLETION_MODE_BY_PROPOSER,
}


class TransactionServicer(pb_grpc.TransactionServiceServicer):
    """See transaction_service.proto."""

    def __init__(self, house: ClearingHouse, guard: CallGuard) -> None:
        self._house = house
        self._guard = guard

    async def Submit(
        self, request: pb.SubmitRequest, context: Context
    ) -> pb.SubmitResponse:  # gRPC's signature
        """Takes in one signed message."""
        if request.envelope.payload_type == PayloadKind.PROPOSAL_BATCH.label:
            raise ProtocolError(
                Reason.PAYLOAD_TYPE_UNKNOWN,
                "a batch goes to SubmitBatch",
                found=plain(request.envelope.payload_type),
            )
        answer = await self._take(request)
        return pb.SubmitResponse(
            answers=[to_proto(each) for each in answer.answers], replayed=answer.replayed
        )

    async def SubmitBatch(
        self, request: pb.SubmitBatchRequest, context: Context
    ) -> pb.SubmitBatchResponse:
        """Takes in one signed batch."""
        if request.envelope.payload_type != PayloadKind.PROPOSAL_BATCH.label:
            raise ProtocolError(
                Reason.PAYLOAD_TYPE_UNKNOWN,
                "only a batch goes to SubmitBatch, all else to Submit",
                found=plain(request.envelope.payload_type),
            )
        answer = await self._take(request)
        return pb.SubmitBatchResponse(
            answers=[to_proto(each) for each in answer.answers], replayed=answer.replayed
        )

    async def SubmitStream(
        self, request_iterator: AsyncIterator[pb.SubmitStreamRequest], context: Context
    ) -> AsyncIterator[pb.SubmitStreamResponse]:
        """Takes in messages as they come, and answers each when it is decided."""
        stream = SubmitStream(self._house, self._guard)
        async with aclosing(stream.answers(request_iterator)) as answers:  # type: ignore[type-var]  # an async generator has aclose
            async for answer in answers:
                yield answer

    async def _take(self, request: pb.SubmitRequest | pb.SubmitBatchRequest) -> Answer:
        return await self._house.submit(
            admitted_caller(self._house),
            from_proto(request.envelope),
            validate_only=request.validate_only,
        )

    async def GetTransaction(
        self, request: pb.GetTransactionRequest, context: Context
    ) -> pb.GetTransactionResponse:
        """Shows one transaction with the evidence."""
        row, envelopes = await self._house.transaction(
            admitted_caller(self._house), request.transaction_id
        )
        return pb.GetTransactionResponse(
            transaction=rendered(row), envelopes=[to_proto(each) for each in envelopes]
        )

    async def ListOwnMessages(
        self, request: pb.ListOwnMessagesRequest, context: Context
    ) -> pb.ListOwnMessagesResponse:
        """Hands the caller back what it said itself."""
        caller = admitted_caller(self._house)
        if request.max_messages > limits.MAX_OWN_MESSAGES:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID,
                f"at most {limits.MAX_OWN_MESSAGES} messages are handed out at once",
                where="max_messages",
            )
        if request.after_sequence > limits.MAX_SEQUENCE:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID, "no sequence number is so great", where="after_sequence"
            )
        said, last = await self._house.questions.ask(
            caller,
            partial(
                messages.own_messages,
                node=caller,
                after=request.after_sequence,
                limit=request.max_messages or _DEFAULT_MESSAGES,
            ),
        )
        return pb.ListOwnMessagesResponse(
            messages=[to_proto(each) for each in said], last_sequence=last
        )

    async def ListTransactions(
        self, request: pb.ListTransactionsRequest, context: Context
    ) -> pb.ListTransactionsResponse:
        """Lists transactions of the caller."""
        caller, page = admitted_caller(self._house), page_of(request)
        size = page.size
        wanted = transaction_record.TransactionFilter(
            node=caller,
            registry=parse_registry_id(request.registry, "registry") if request.registry else None,
            state=asked_state(request.state),
        )

        def listed(connection: Connection) -> pb.ListTransactionsResponse:
            rows = transaction_record.transactions(connection, wanted, page.after, size + 1)
            more = page.token(rows[size - 1].transaction_id) if len(rows) > size else ""
            return pb.ListTransactionsResponse(
                transactions=[rendered(row) for row in rows[:size]], next_page_token=more
            )

        return await self._house.questions.ask(caller, listed)

    async def WatchTransactions(
        self, request: pb.WatchTransactionsRequest, context: Context
    ) -> AsyncIterator[pb.WatchTransactionsResponse]:
        """Streams changes until the caller leaves or the broker stops."""
        changes = self._house.watch(admitted_caller(self._house))
        async for row in changes:
            admitted_caller(self._house)
            if request.registry in ("", row.from_registry, row.to_registry):
                yield pb.WatchTransactionsResponse(transaction=rendered(row))


def rendered(row: TransactionRow) -> pb.Transaction:
    """A transaction for reading."""
    return pb.Transaction(
        transaction_id=row.transaction_id,
        type=TYPES[row.type],
        state=STATES[row.state],
        termination_cause=CAUSES[row.termination_cause]
        if row.termination_cause
        else decision_pb2.TERMINATION_CAUSE_UNSPECIFIED,
        from_registry=row.from_registry,
        to_registry=row.to_registry,
        from_account=row.from_account,
        to_account=row.to_account,
        quantity=row.quantity,
        propose_time=timestamp(from_ms(row.proposed_at)),
        deadline=timestamp(from_ms(row.deadline)),
        update_time=timestamp(from_ms(row.updated_at)),
        completion=_COMPLETIONS[row.completion],
        marks=row.marks,
        reason=row.reason,
    )
