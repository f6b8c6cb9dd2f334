# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""TransactionService and the readers over the wire: answers, pages, refusals, who sees what."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import grpc
import pytest
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]  # it marks no types
    ErrorInfo,
    RetryInfo,
)
from grpc_status import rpc_status

from itmo.clearing.v1 import (
    adjustment_service_pb2,
    authorization_service_pb2,
    directory_service_pb2,
    transaction_service_pb2,
)
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.ed25519 import verify
from itmo.envelope import Envelope, pae
from itmo.identifiers import NetworkId
from itmo.payloads import PayloadKind, from_proto, to_proto
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.errors import DOMAIN
from itmo.timestamps import timestamp
from tests.api.broker_kit import (
    SECONDS,
    SOON,
    Line,
    Served,
    SubmitBatchRequest,
    SubmitRequest,
    acceptance,
    name_of,
    offer,
    one_unit,
    proposal,
    refusal,
    says,
    trading,
)
from tests.kit.clearing import AUTHORIZATION, START

GetTransaction = transaction_service_pb2.GetTransactionRequest
ListTransactions = transaction_service_pb2.ListTransactionsRequest
Watch = transaction_service_pb2.WatchTransactionsRequest


@pytest.fixture
async def broker() -> AsyncIterator[Served]:
    async with trading() as running:
        yield running


def verdict_of(answer: transaction_service_pb2.SubmitResponse) -> decision_pb2.Verdict:
    return decision_pb2.Verdict.FromString(answer.answers[0].payload)


def receipt_of(answer: transaction_service_pb2.SubmitResponse) -> decision_pb2.Receipt:
    return decision_pb2.Receipt.FromString(answer.answers[-1].payload)


async def offered(broker: Served, line: Line, count: int, first: int = 1) -> list[str]:
    names = []
    for serial in range(first, first + count):
        envelope = offer(broker, serial)
        await line.submit(envelope)
        names.append(name_of(envelope))
    return names


# -- submit and batch -----------------------------------------------------------------------------


async def test_a_transfer_over_the_wire_from_proposal_to_receipt(broker: Served) -> None:
    tha, che = await broker.line("tha"), await broker.line("che")
    envelope = offer(broker, 1)
    proposed = await tha.submit(envelope)
    assert verdict_of(proposed).results[0].state == decision_pb2.STATE_VALIDATED
    accepted = acceptance(broker, envelope)
    receipt = receipt_of(await che.submit(accepted))
    assert receipt.state == decision_pb2.STATE_COMPLETED
    assert receipt.proposal_hash == sha256(envelope.payload).digest()
    assert receipt.verdict_hash == sha256(proposed.answers[0].payload).digest()
    assert receipt.answer_hash == sha256(accepted.payload).digest()
    (statement,) = proposed.answers
    key = broker.world.parts.signer.public_key
    signed = pae(statement.payload_type, statement.payload)
    assert verify(key, signed, statement.signatures[0].sig)


async def test_the_same_message_gets_the_same_bytes_again(broker: Served) -> None:
    line = await broker.line("tha")
    envelope = offer(broker, 1)
    first = await line.submit(envelope)
    again = await (await broker.line("tha")).submit(envelope)
    assert (first.replayed, again.replayed) == (False, True)
    assert list(again.answers) == list(first.answers)


async def test_a_batch_gets_one_verdict_with_a_result_each(broker: Served) -> None:
    line = await broker.line("tha")
    wanted = [one_unit(broker, serial) for serial in (1, 2, 2)]
    envelope = says(
        broker.tha,
        PayloadKind.PROPOSAL_BATCH,
        proposal_pb2.ProposalBatch(transactions=wanted),
    )
    request = SubmitBatchRequest(envelope=to_proto(envelope))
    answer = await line.transactions.SubmitBatch(request, timeout=SECONDS)
    (statement,) = answer.answers
    results = decision_pb2.Verdict.FromString(statement.payload).results
    assert [each.transaction_id for each in results] == [each.transaction_id for each in wanted]
    assert [each.state for each in results] == [
        decision_pb2.STATE_VALIDATED,
        decision_pb2.STATE_VALIDATED,
        decision_pb2.STATE_INVALIDATED,
    ]
    again = await line.transactions.SubmitBatch(request, timeout=SECONDS)
    assert again.replayed
    assert list(again.answers) == list(answer.answers)


async def test_single_messages_and_batches_each_have_their_call(broker: Served) -> None:
    line = await broker.line("tha")
    single = SubmitBatchRequest(envelope=to_proto(offer(broker, 1)))
    error = await refusal(line.transactions.SubmitBatch(single, timeout=SECONDS))
    assert error.reason is Reason.PAYLOAD_TYPE_UNKNOWN
    batch = Envelope(b"", PayloadKind.PROPOSAL_BATCH.label, ())
    assert (await refusal(line.submit(batch))).reason is Reason.PAYLOAD_TYPE_UNKNOWN


async def test_messages_that_overtake_each_other_on_the_wire_are_put_in_order(
    broker: Served,
) -> None:
    line = await broker.line("tha")
    envelopes = [offer(broker, serial) for serial in range(1, 21)]
    answers = await asyncio.gather(*(line.submit(each) for each in reversed(envelopes)))
    states = {verdict_of(answer).results[0].state for answer in answers}
    assert states == {decision_pb2.STATE_VALIDATED}


async def test_validate_only_promises_nothing_and_has_no_effect(broker: Served) -> None:
    line = await broker.line("tha")
    envelope = offer(broker, 1)
    tried = await line.submit(envelope, validate_only=True)
    assert not tried.answers[0].signatures
    assert verdict_of(tried).results[0].state == decision_pb2.STATE_VALIDATED
    error = await refusal(
        line.transactions.GetTransaction(
            GetTransaction(transaction_id=name_of(envelope)), timeout=SECONDS
        )
    )
    assert error.reason is Reason.TRANSACTION_UNKNOWN
    assert not (await line.submit(envelope)).replayed


# -- refusals -------------------------------------------------------------------------------------


async def test_a_refusal_carries_reason_domain_details_and_when_to_come_back(
    broker: Served,
) -> None:
    line = await broker.line("tha")
    header = replace(
        broker.tha.chain.header(broker.world.clock.now()),
        sender_sequence=broker.tha.chain.next_sequence + 500,
        previous_payload_hash=bytes(32),
    )
    payload = proposal_pb2.Proposal(transaction=one_unit(broker, 1))
    ahead = broker.tha.chain.sign_with(PayloadKind.PROPOSAL, payload, header)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await line.submit(ahead)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    status = rpc_status.from_call(caught.value)  # type: ignore[arg-type]  # it has what is asked
    assert status is not None
    info, retry = ErrorInfo(), RetryInfo()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(retry)
    assert (info.reason, info.domain) == ("SEQUENCE_GAP", DOMAIN)
    assert info.metadata["expected"] == str(broker.tha.chain.next_sequence)
    assert retry.retry_delay.ToMilliseconds() > 0


async def test_other_content_under_a_used_id_is_told_with_the_id(broker: Served) -> None:
    line = await broker.line("tha")
    header = broker.tha.chain.header(broker.world.clock.now())
    sign = broker.tha.chain.sign_with
    first, other = (
        sign(PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=one_unit(broker, n)), header)
        for n in (1, 2)
    )
    answer = await line.submit(first)
    error = await refusal(line.submit(other))
    assert error.reason is Reason.MESSAGE_ID_REUSED
    assert error.metadata["message_id"] == header.message_id
    assert list((await line.submit(first)).answers) == list(answer.answers)


@pytest.mark.parametrize(
    ("change", "reason", "details"),
    [
        (
            {"network_id": NetworkId("other")},
            Reason.NETWORK_MISMATCH,
            {"found": "other", "expected": "test-net"},
        ),
        (
            {"recipient_node": "che"},
            Reason.RECIPIENT_MISMATCH,
            {"found": "che", "expected": "broker"},
        ),
        ({"sender_node": "che"}, Reason.SENDER_MISMATCH, {"found": "che", "expected": "tha"}),
        (
            {"previous_payload_hash": b"\1" * 32},
            Reason.PREVIOUS_HASH_MISMATCH,
            {"found": "01" * 32},
        ),
        (
            {"message_id": "no id"},
            Reason.IDENTIFIER_INVALID,
            {"where": "header.message_id", "found": "no id"},
        ),
    ],
)
async def test_a_header_that_does_not_fit_is_refused_with_details(
    broker: Served, change: dict[str, object], reason: Reason, details: dict[str, str]
) -> None:
    line = await broker.line("tha")
    header = replace(broker.tha.chain.header(broker.world.clock.now()), **change)  # type: ignore[arg-type]  # fields of a header
    payload = proposal_pb2.Proposal(transaction=one_unit(broker, 1))
    envelope = broker.tha.chain.sign_with(PayloadKind.PROPOSAL, payload, header)
    error = await refusal(line.submit(envelope))
    assert error.reason is reason
    assert error.metadata.items() >= details.items()
    assert verdict_of(await line.submit(offer(broker, 1))).results  # it cost no sequence number


async def test_a_node_cannot_hand_in_what_another_signed(broker: Served) -> None:
    error = await refusal((await broker.line("che")).submit(offer(broker, 1)))
    assert error.reason is Reason.SENDER_MISMATCH


async def test_an_empty_request_is_a_refusal(broker: Served) -> None:
    line = await broker.line("tha")
    error = await refusal(line.transactions.Submit(SubmitRequest(), timeout=SECONDS))
    assert error.reason is Reason.PAYLOAD_TYPE_UNKNOWN


# -- pages ----------------------------------------------------------------------------------------


async def test_pages_hold_everything_once_and_in_order(broker: Served) -> None:
    line = await broker.line("tha")
    names = await offered(broker, line, 5)
    seen: list[str] = []
    token, pages = "", 0
    while True:
        request = ListTransactions(
            page_size=2, page_token=token, state=decision_pb2.STATE_VALIDATED, registry="CHE01"
        )
        page = await line.transactions.ListTransactions(request, timeout=SECONDS)
        seen.extend(each.transaction_id for each in page.transactions)
        pages += 1
        token = page.next_page_token
        if not token:
            break
    assert (seen, pages) == (names, 3)


async def test_a_list_is_narrowed_by_state_and_registry(broker: Served) -> None:
    line = await broker.line("tha")
    await offered(broker, line, 2)

    async def count(**narrowed: object) -> int:
        request = ListTransactions(**narrowed)  # type: ignore[arg-type]  # fields of the request
        page = await line.transactions.ListTransactions(request, timeout=SECONDS)
        return len(page.transactions)

    assert await count() == 3  # the issuance too
    assert await count(state=decision_pb2.STATE_COMPLETED) == 1
    assert await count(registry="CHE01") == 2
    assert await count(registry="DEU01") == 0


def _asks(line: Line, what: str, size: int, token: str) -> Awaitable[object]:
    adjustments = adjustment_service_pb2.ListAdjustmentsRequest
    authorizations = authorization_service_pb2.ListAuthorizationsRequest
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "transactions": lambda: line.transactions.ListTransactions(
            ListTransactions(page_size=size, page_token=token), timeout=SECONDS
        ),
        "nodes": lambda: line.directory.ListNodes(
            directory_service_pb2.ListNodesRequest(page_size=size, page_token=token),
            timeout=SECONDS,
        ),
        "registries": lambda: line.directory.ListRegistries(
            directory_service_pb2.ListRegistriesRequest(page_size=size, page_token=token),
            timeout=SECONDS,
        ),
        "accounts": lambda: line.directory.ListAccounts(
            directory_service_pb2.ListAccountsRequest(page_size=size, page_token=token),
            timeout=SECONDS,
        ),
        "adjustments": lambda: line.adjustments.ListAdjustments(
            adjustments(party="THA", page_size=size, page_token=token), timeout=SECONDS
        ),
        "authorizations": lambda: line.authorizations.ListAuthorizations(
            authorizations(page_size=size, page_token=token), timeout=SECONDS
        ),
    }
    return calls[what]()


LISTS = ("transactions", "nodes", "registries", "accounts", "adjustments", "authorizations")


@pytest.mark.parametrize("what", LISTS)
async def test_a_page_size_or_token_of_nobodys_making_is_refused(broker: Served, what: str) -> None:
    line = await broker.line("tha")
    assert (await refusal(_asks(line, what, 1001, ""))).reason is Reason.PAGE_SIZE_INVALID
    for token in ("?", "AAA", "a" * 401, "é"):
        assert (await refusal(_asks(line, what, 1, token))).reason is Reason.PAGE_TOKEN_INVALID


@pytest.mark.parametrize("what", LISTS)
async def test_a_token_of_another_list_is_never_a_fault_of_ours(broker: Served, what: str) -> None:
    line = await broker.line("tha")
    for key in ("zzz", "9" * 30, "\0", "x|y", "²"):
        token = base64.urlsafe_b64encode(key.encode()).decode()
        try:
            await _asks(line, what, 1, token)
        except grpc.aio.AioRpcError as error:
            code = error.code()
        else:
            code = grpc.StatusCode.INVALID_ARGUMENT
        assert code is grpc.StatusCode.INVALID_ARGUMENT, key


async def test_directories_come_in_pages_too(broker: Served) -> None:
    line = await broker.line("tha")
    nodes: list[str] = []
    token = ""
    while True:
        page = await line.directory.ListNodes(
            directory_service_pb2.ListNodesRequest(page_size=1, page_token=token), timeout=SECONDS
        )
        nodes.extend(each.node for each in page.nodes)
        token = page.next_page_token
        if not token:
            break
    assert nodes == ["che", "deu", "tha"]


async def test_a_state_that_is_not_defined_is_refused(broker: Served) -> None:
    line = await broker.line("tha")
    request = ListTransactions.FromString(b"\x18\x63")  # state = 99
    error = await refusal(line.transactions.ListTransactions(request, timeout=SECONDS))
    assert error.reason is Reason.PAYLOAD_INVALID


# -- watching -------------------------------------------------------------------------------------


async def watching(line: Line, broker: Served, **request: str) -> grpc.aio.UnaryStreamCall[
    Watch, transaction_service_pb2.WatchTransactionsResponse
]:  # fmt: skip
    """A watch that has begun: a stream tells its first metadata only with its first change."""
    call = line.transactions.WatchTransactions(Watch(**request))
    before = len(broker.world.house._watchers)
    async with asyncio.timeout(SOON):
        while len(broker.world.house._watchers) == before:  # noqa: ASYNC110  # no event says so
            await asyncio.sleep(0)
    return call


async def test_both_sides_watch_each_change_of_state_and_nobody_else(broker: Served) -> None:
    tha, che, deu = [await broker.line(name) for name in ("tha", "che", "deu")]
    calls = [await watching(line, broker) for line in (tha, che, deu)]
    envelope = offer(broker, 1)
    await tha.submit(envelope)
    await che.submit(acceptance(broker, envelope))
    for call in calls[:2]:
        states = []
        for _ in range(2):
            change = await asyncio.wait_for(call.read(), SOON)
            assert isinstance(change, transaction_service_pb2.WatchTransactionsResponse)
            assert change.transaction.transaction_id == name_of(envelope)
            states.append(change.transaction.state)
        assert states == [decision_pb2.STATE_VALIDATED, decision_pb2.STATE_COMPLETED]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(calls[2].read(), 0.1)


async def test_whoever_watches_lists_or_asks_is_told_why_it_was_rejected(broker: Served) -> None:
    tha, che = await broker.line("tha"), await broker.line("che")
    call = await watching(tha, broker)
    envelope = offer(broker, 1)
    await tha.submit(envelope)
    said = proposal_pb2.Rejection(
        transaction_id=name_of(envelope),
        proposal_hash=sha256(envelope.payload).digest(),
        reason="the account was not agreed",
    )
    await che.submit(says(broker.che, PayloadKind.REJECTION, said))
    told = []
    for _ in range(2):
        change = await asyncio.wait_for(call.read(), SOON)
        assert isinstance(change, transaction_service_pb2.WatchTransactionsResponse)
        told.append(change.transaction.reason)
    assert told == ["", said.reason]
    (listed,) = [
        each
        for each in (
            await tha.transactions.ListTransactions(ListTransactions(), timeout=SECONDS)
        ).transactions
        if each.transaction_id == said.transaction_id
    ]
    assert listed.reason == said.reason
    asked = GetTransaction(transaction_id=said.transaction_id)
    found = await tha.transactions.GetTransaction(asked, timeout=SECONDS)
    assert found.transaction.reason == said.reason


async def test_a_receiver_does_not_watch_what_was_invalidated(broker: Served) -> None:
    tha, che = await broker.line("tha"), await broker.line("che")
    call = await watching(che, broker)
    await tha.submit(offer(broker, 100_001))  # beyond what was issued
    valid = offer(broker, 1)
    await tha.submit(valid)
    change = await asyncio.wait_for(call.read(), SOON)
    assert isinstance(change, transaction_service_pb2.WatchTransactionsResponse)
    assert change.transaction.transaction_id == name_of(valid)


# -- who sees what --------------------------------------------------------------------------------


async def test_a_transaction_is_shown_with_its_evidence_to_its_sides_only(broker: Served) -> None:
    tha, che, deu = [await broker.line(name) for name in ("tha", "che", "deu")]
    envelope = offer(broker, 1)
    await tha.submit(envelope)
    accepted = acceptance(broker, envelope)
    await che.submit(accepted)
    request = GetTransaction(transaction_id=name_of(envelope))
    for line in (tha, che):
        told = await line.transactions.GetTransaction(request, timeout=SECONDS)
        assert told.transaction.state == decision_pb2.STATE_COMPLETED
        kinds = [each.payload_type.split(".")[2] for each in told.envelopes]
        assert kinds == ["proposal", "verdict", "acceptance", "receipt"]
        assert from_proto(told.envelopes[0]) == envelope
        assert from_proto(told.envelopes[2]) == accepted
    error = await refusal(deu.transactions.GetTransaction(request, timeout=SECONDS))
    assert error.reason is Reason.TRANSACTION_UNKNOWN
    page = await deu.transactions.ListTransactions(ListTransactions(), timeout=SECONDS)
    assert not page.transactions


async def test_a_receiver_does_not_see_what_was_never_valid(broker: Served) -> None:
    tha, che = await broker.line("tha"), await broker.line("che")
    envelope = offer(broker, 100_001)
    await tha.submit(envelope)
    request = GetTransaction(transaction_id=name_of(envelope))
    assert (await tha.transactions.GetTransaction(request, timeout=SECONDS)).envelopes
    error = await refusal(che.transactions.GetTransaction(request, timeout=SECONDS))
    assert error.reason is Reason.TRANSACTION_UNKNOWN
    page = await che.transactions.ListTransactions(ListTransactions(), timeout=SECONDS)
    assert not page.transactions


async def test_what_does_not_exist_looks_like_what_one_may_not_see(broker: Served) -> None:
    tha, deu = await broker.line("tha"), await broker.line("deu")
    (name,) = await offered(broker, tha, 1)

    async def told(transaction_id: str) -> ProtocolError:
        request = GetTransaction(transaction_id=transaction_id)
        return await refusal(deu.transactions.GetTransaction(request, timeout=SECONDS))

    hidden, absent = await told(name), await told(broker.world.transaction_id())
    assert (hidden.reason, hidden.metadata.keys()) == (absent.reason, absent.metadata.keys())
    assert (await told("none")).reason is Reason.IDENTIFIER_INVALID


async def test_adjustments_are_shown_to_the_designated_node_only(broker: Served) -> None:
    tha, che = await broker.line("tha"), await broker.line("che")
    envelope = offer(broker, 1)
    await tha.submit(envelope)
    await che.submit(acceptance(broker, envelope))
    listed = adjustment_service_pb2.ListAdjustmentsRequest(party="THA")
    balance = adjustment_service_pb2.GetBalanceRequest(party="THA", year=2022)
    told = await tha.adjustments.ListAdjustments(listed, timeout=SECONDS)
    assert [(each.party, each.year, each.quantity) for each in told.adjustments] == [
        ("THA", 2022, 1)
    ]
    assert (await tha.adjustments.GetBalance(balance, timeout=SECONDS)).first_transferred == 1
    early = timestamp(START - timedelta(days=1))
    listed_then = adjustment_service_pb2.ListAdjustmentsRequest(party="THA", as_of=early)
    then = adjustment_service_pb2.GetBalanceRequest(party="THA", year=2022, as_of=early)
    told = await tha.adjustments.ListAdjustments(listed_then, timeout=SECONDS)
    assert list(told.adjustments) == []
    assert (await tha.adjustments.GetBalance(then, timeout=SECONDS)).first_transferred == 0
    other = adjustment_service_pb2.GetBalanceRequest(party="THA", year=2022, metric="MWh")
    assert (await tha.adjustments.GetBalance(other, timeout=SECONDS)).first_transferred == 0
    for call in (
        che.adjustments.ListAdjustments(listed, timeout=SECONDS),
        che.adjustments.GetBalance(balance, timeout=SECONDS),
    ):
        assert (await refusal(call)).reason is Reason.PERMISSION_DENIED


async def test_of_others_accounts_only_the_holding_ones_are_shown(broker: Served) -> None:
    request = directory_service_pb2.ListAccountsRequest(registry="CHE01")
    own = await (await broker.line("che")).directory.ListAccounts(request, timeout=SECONDS)
    assert [each.account_type for each in own.accounts] == [200, 100]
    assert own.accounts[0].terms.paris.ndc_period.first == 2021
    other = await (await broker.line("tha")).directory.ListAccounts(request, timeout=SECONDS)
    assert [each.account_type for each in other.accounts] == [100]
    assert not other.accounts[0].HasField("terms")


async def test_the_directory_tells_network_chain_and_keys(broker: Served) -> None:
    line = await broker.line("che")
    network = await line.directory.GetNetwork(
        directory_service_pb2.GetNetworkRequest(), timeout=SECONDS
    )
    assert (network.network_id, network.broker_node, network.test_network) == (
        "test-net",
        "broker",
        True,
    )
    standing = await line.directory.GetSender(
        directory_service_pb2.GetSenderRequest(), timeout=SECONDS
    )
    assert standing.next_sequence == broker.che.chain.next_sequence
    assert standing.previous_payload_hash == broker.che.chain.previous_payload_hash
    request = directory_service_pb2.ListKeysRequest(node="tha")
    (key,) = (await line.directory.ListKeys(request, timeout=SECONDS)).keys
    assert key.keyid == broker.tha.chain.signer.keyid


async def test_an_authorization_is_shown_as_it_was_signed(broker: Served) -> None:
    line = await broker.line("che")
    request = authorization_service_pb2.GetAuthorizationRequest(
        party="THA", authorization_id=AUTHORIZATION
    )
    (version,) = (await line.authorizations.GetAuthorization(request, timeout=SECONDS)).versions
    signed = pae(version.payload_type, version.payload)
    assert verify(broker.tha.chain.signer.public_key, signed, version.signatures[0].sig)
    listed = await line.authorizations.ListAuthorizations(
        authorization_service_pb2.ListAuthorizationsRequest(party="THA"), timeout=SECONDS
    )
    assert [each.issued_quantity for each in listed.authorizations] == [100_000]
    listed = await (await broker.line("deu")).authorizations.ListAuthorizations(
        authorization_service_pb2.ListAuthorizationsRequest(party="THA"), timeout=SECONDS
    )
    assert [each.issued_quantity for each in listed.authorizations] == [0], "no part of Germany's"
    request.authorization_id = "none"
    error = await refusal(line.authorizations.GetAuthorization(request, timeout=SECONDS))
    assert error.reason is Reason.NOT_FOUND


async def test_a_proposal_that_a_check_refuses_is_an_answer_and_no_error(broker: Served) -> None:
    line = await broker.line("tha")
    wanted = one_unit(broker, 1)
    wanted.to_account = wanted.from_account
    wanted.to_registry = wanted.from_registry
    answer = await line.submit(proposal(broker, wanted))
    (result,) = verdict_of(answer).results
    assert result.state == decision_pb2.STATE_INVALIDATED
    assert answer.answers[0].signatures
