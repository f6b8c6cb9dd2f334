# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a broker has to do, told as conversations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import grpc

from itmo.clearing.v1 import (
    delivery_service_pb2,
    directory_service_pb2,
    rulebook_service_pb2,
    transaction_service_pb2,
)
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.deliveries import NO_DELIVERY, delivery_digest
from itmo.envelope import Envelope, Signature, seal
from itmo.findings import findings_of, read_catalogue
from itmo.identifiers import MessageId, NetworkId, NodeId
from itmo.payloads import Header, PayloadKind, from_proto, to_proto
from itmo.receipts import receipts_in
from tests.conformance.report import Case, NotConforming, expect
from tests.conformance.speaking import SECONDS, Pair, Speaker, refused

PROPOSAL, ACCEPTANCE = PayloadKind.PROPOSAL, PayloadKind.ACCEPTANCE


async def network(pair: Pair) -> None:
    told = await pair.giver.directory.GetNetwork(
        directory_service_pb2.GetNetworkRequest(), timeout=SECONDS
    )
    expect(told.network_id == pair.giver.chain.network_id, told.network_id)
    expect(1 in told.schema_versions, told.schema_versions)


async def verdict(pair: Pair) -> None:
    envelope = pair.signed(pair.giver, PROPOSAL, pair.proposal())
    found = pair.verdict(await pair.giver.submit(envelope))
    expect(found.message_hash == sha256(envelope.payload).digest(), "another message_hash")
    (result,) = found.results
    expect(result.state == decision_pb2.STATE_VALIDATED, result)
    told = await pair.giver.rulebooks.GetCatalogue(
        rulebook_service_pb2.GetCatalogueRequest(rulebook_digest=found.rulebook_digest),
        timeout=SECONDS,
    )
    catalogue = read_catalogue(told.catalogue, found.rulebook_digest)
    full = findings_of(found, result, catalogue)
    names = [each.check_id for each in full]
    expect(len(names) == len(set(names)) > 0, "checks are missing or listed twice")
    expect(all(each.citation for each in full), "a check cites nothing")
    fine = {decision_pb2.OUTCOME_PASSED, decision_pb2.OUTCOME_NOT_APPLICABLE}
    broken = {each.check_id for each in full if each.outcome not in fine}
    expect(broken <= {each.check_id for each in result.findings}, "what failed is not stated")


async def replay(pair: Pair) -> None:
    envelope = pair.signed(pair.giver, PROPOSAL, pair.proposal())
    first, again = await pair.giver.submit(envelope), await pair.giver.submit(envelope)
    expect(again.replayed and not first.replayed, "replayed is not told")
    expect(list(first.answers) == list(again.answers), "another answer than the first")


async def other_content(pair: Pair) -> None:
    header = pair.giver.chain.header(pair.now())
    chain = pair.giver.chain
    first = chain.sign_with(PROPOSAL, pair.proposal(), header)
    await pair.giver.submit(first)
    await pair.giver.catch_up()
    other = chain.sign_with(PROPOSAL, pair.proposal(), header)
    await refused(lambda: pair.giver.submit(other), "MESSAGE_ID_REUSED")


async def _with(pair: Pair, *reasons: str, **changes: object) -> None:
    """A proposal with a changed header is refused and costs no sequence number."""
    header: Header = replace(pair.giver.chain.header(pair.now()), **changes)  # type: ignore[arg-type]  # fields of a header
    envelope = pair.giver.chain.sign_with(PROPOSAL, pair.proposal(), header)
    await refused(lambda: pair.giver.submit(envelope), *reasons)
    before = pair.giver.chain.next_sequence
    await pair.giver.catch_up()
    expect(pair.giver.chain.next_sequence == before, "the refusal cost a sequence number")


async def wrong_network(pair: Pair) -> None:
    await _with(pair, "NETWORK_MISMATCH", network_id=NetworkId("another-network"))


async def wrong_recipient(pair: Pair) -> None:
    await _with(pair, "RECIPIENT_MISMATCH", recipient_node=NodeId("somebody-else"))


async def wrong_sender(pair: Pair) -> None:
    await _with(pair, "SENDER_MISMATCH", sender_node=NodeId(pair.taker.node))


async def clock(pair: Pair) -> None:
    for skew in (timedelta(minutes=-11), timedelta(minutes=11)):
        made = pair.giver.chain.header(pair.now() + skew).creation_time
        await _with(pair, "CLOCK_SKEW", creation_time=made, expire_time=made + timedelta(hours=1))


async def expired(pair: Pair) -> None:
    made = pair.giver.chain.header(pair.now() - timedelta(minutes=5)).creation_time
    ended = made + timedelta(minutes=1)
    await _with(pair, "MESSAGE_EXPIRED", creation_time=made, expire_time=ended)


async def lives_too_long(pair: Pair) -> None:
    made = pair.giver.chain.header(pair.now()).creation_time
    await _with(pair, "EXPIRY_TOO_FAR", expire_time=made + timedelta(hours=73))


async def gap(pair: Pair) -> None:
    ahead = pair.giver.chain.next_sequence + 300
    await _with(pair, "SEQUENCE_GAP", sender_sequence=ahead, previous_payload_hash=bytes(32))


async def used(pair: Pair) -> None:
    behind = pair.giver.chain.next_sequence - 1
    hashed = b"" if behind == 1 else bytes(32)
    await _with(pair, "SEQUENCE_USED", sender_sequence=behind, previous_payload_hash=hashed)


async def previous_hash(pair: Pair) -> None:
    await _with(pair, "PREVIOUS_HASH_MISMATCH", previous_payload_hash=b"\x01" * 32)


async def message_id(pair: Pair) -> None:
    wrong = MessageId("0189B543-1E9E-7DB0-B33A-9748FED47CF8")
    await _with(pair, "IDENTIFIER_INVALID", message_id=wrong)


def _unchained(pair: Pair) -> Envelope:
    header = pair.giver.chain.header(pair.now())
    return pair.giver.chain.sign_with(PROPOSAL, pair.proposal(), header)


async def tampered(pair: Pair) -> None:
    envelope = _unchained(pair)
    sig = bytearray(envelope.signatures[0].sig)
    sig[40] ^= 1
    forged = (Signature(envelope.signatures[0].keyid, bytes(sig)),)
    await refused(
        lambda: pair.giver.submit(replace(envelope, signatures=forged)), "SIGNATURE_INVALID"
    )
    await refused(lambda: pair.giver.submit(replace(envelope, signatures=())), "SIGNATURE_MISSING")


async def mislabelled(pair: Pair) -> None:
    envelope = _unchained(pair)
    await refused(
        lambda: pair.giver.submit(replace(envelope, payload_type="application/json")),
        "PAYLOAD_TYPE_UNKNOWN",
    )
    relabelled = replace(envelope, payload_type=PayloadKind.WITHDRAWAL.label)
    await refused(
        lambda: pair.giver.submit(relabelled),
        "SIGNATURE_INVALID",
        "MESSAGE_UNDECODABLE",
        "MESSAGE_UNKNOWN_FIELDS",
        "PAYLOAD_INVALID",
    )


async def malformed(pair: Pair) -> None:
    for payload in (b"\xff" * 40, b"\x0a\x05abc", b""):
        envelope = seal(PROPOSAL.label, payload, pair.giver.chain.signer)
        await refused(
            lambda envelope=envelope: pair.giver.submit(envelope),  # type: ignore[misc]  # bound now
            "MESSAGE_UNDECODABLE",
            "MESSAGE_UNKNOWN_FIELDS",
            "SCHEMA_VERSION_UNSUPPORTED",
            "PAYLOAD_INVALID",
        )


async def validates_only(pair: Pair) -> None:
    envelope = _unchained(pair)
    answer = await pair.giver.submit(envelope, validate_only=True)
    expect(not answer.answers[0].signatures, "a promise: the verdict is signed")
    signed = pair.verdict(await pair.giver.submit(envelope))
    expect(signed.results[0].state == decision_pb2.STATE_VALIDATED, "it had an effect")
    await pair.giver.catch_up()


async def reversed_range(pair: Pair) -> None:
    wanted = pair.proposal()
    wanted.transaction.blocks[0].first, wanted.transaction.blocks[0].last = 9, 5
    found = pair.verdict(await pair.giver.submit(pair.signed(pair.giver, PROPOSAL, wanted)))
    failed = {
        each.check_id
        for each in found.results[0].findings
        if each.outcome == decision_pb2.OUTCOME_FAILED
    }
    expect(found.results[0].state == decision_pb2.STATE_INVALIDATED, found.results[0].state)
    expect("ID_RANGE_ORDER" in failed, failed)


async def locked(pair: Pair) -> None:
    first, second = pair.proposal(), pair.proposal()
    second.transaction.blocks[0].CopyFrom(first.transaction.blocks[0])
    await pair.giver.submit(pair.signed(pair.giver, PROPOSAL, first))
    found = pair.verdict(await pair.giver.submit(pair.signed(pair.giver, PROPOSAL, second)))
    named = [each.conflicting_transaction_id for each in found.results[0].findings]
    expect(found.results[0].state == decision_pb2.STATE_INVALIDATED, "spent twice")
    expect(first.transaction.transaction_id in named, "the winner is not named")


async def _acceptance(pair: Pair, speaker: Speaker, offer: Envelope, name: str) -> Envelope:
    return pair.signed(
        speaker,
        ACCEPTANCE,
        proposal_pb2.Acceptance(transaction_id=name, proposal_hash=sha256(offer.payload).digest()),
    )


async def completes(pair: Pair) -> None:
    wanted = pair.proposal()
    name = wanted.transaction.transaction_id
    offer = pair.signed(pair.giver, PROPOSAL, wanted)
    answered = await pair.giver.submit(offer)
    own = pair.receipt(await pair.giver.submit(await _acceptance(pair, pair.giver, offer, name)))
    expect(not own.effective and bool(own.refusal.code), "the proposer accepted its own offer")
    acceptance = await _acceptance(pair, pair.taker, offer, name)
    receipt = pair.receipt(await pair.taker.submit(acceptance))
    expect(receipt.effective and receipt.state == decision_pb2.STATE_COMPLETED, receipt)
    links = (receipt.proposal_hash, receipt.verdict_hash, receipt.answer_hash)
    signed = (offer.payload, answered.answers[0].payload, acceptance.payload)
    expect(links == tuple(sha256(each).digest() for each in signed), "a hash names something else")
    again = pair.receipt(await pair.taker.submit(await _acceptance(pair, pair.taker, offer, name)))
    expect(not again.effective, "accepted twice")


async def together(pair: Pair) -> None:
    wanted = [pair.proposal().transaction for _ in range(3)]
    offer = pair.signed(
        pair.giver, PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=wanted)
    )
    batch = transaction_service_pb2.SubmitBatchRequest(envelope=to_proto(offer))
    answered = await pair.giver.transactions.SubmitBatch(batch, timeout=SECONDS)
    verdict_hash = sha256(answered.answers[0].payload).digest()
    names = [each.transaction_id for each in wanted]
    unknown = pair.ids.uuid7(pair.now())
    acceptance = pair.signed(
        pair.taker,
        PayloadKind.ACCEPTANCE_BATCH,
        proposal_pb2.AcceptanceBatch(
            proposals=[
                proposal_pb2.AnsweredProposal(
                    proposal_hash=sha256(offer.payload).digest(),
                    verdict_hash=verdict_hash,
                    transaction_ids=[*names[:2], unknown],
                )
            ]
        ),
    )
    told = await pair.taker.submit(acceptance)
    receipts = receipts_in(
        pair.statement(
            from_proto(told.answers[0]), PayloadKind.RECEIPT_BATCH, decision_pb2.ReceiptBatch
        )
    )
    expect([each.transaction_id for each in receipts] == [*names[:2], unknown], receipts)
    expect([each.effective for each in receipts] == [True, True, False], "what took effect")
    links = {(each.verdict_hash, each.answer_hash) for each in receipts[:2]}
    wanted_links = {(verdict_hash, sha256(acceptance.payload).digest())}
    expect(links == wanted_links, "a hash names something else")
    last = pair.receipt(
        await pair.taker.submit(await _acceptance(pair, pair.taker, offer, names[2]))
    )
    expect(last.state == decision_pb2.STATE_COMPLETED, "the third cannot be accepted by itself")


async def many_under_way(pair: Pair) -> None:
    offers = [pair.signed(pair.giver, PROPOSAL, pair.proposal()) for _ in range(5)]
    call = pair.giver.transactions.SubmitStream(timeout=SECONDS)
    for each in offers:
        await call.write(transaction_service_pb2.SubmitStreamRequest(envelope=to_proto(each)))
    await call.done_writing()
    answers = {each.message_hash: each async for each in call}
    hashes = {sha256(each.payload).digest() for each in offers}
    expect(set(answers) == hashes, "not every message is answered under its hash")
    again = await pair.giver.submit(offers[2])
    first = answers[sha256(offers[2].payload).digest()]
    expect(again.replayed and list(again.answers) == list(first.answers), "another answer")


async def _end(pair: Pair) -> tuple[int, bytes]:
    """Where the taker's mailbox ends, which may have been used for years, and the digest there."""
    cursor, digest = 0, NO_DELIVERY
    while True:
        fetch = delivery_service_pb2.FetchRequest(
            cursor=cursor, cursor_digest=digest, max_deliveries=256
        )
        page = await pair.taker.deliveries.Fetch(fetch, timeout=SECONDS)
        if not page.deliveries:
            return cursor, digest
        cursor, digest = page.deliveries[-1].sequence, page.deliveries[-1].digest


async def mailbox(pair: Pair) -> None:
    cursor, digest = await _end(pair)
    digests, seen = [NO_DELIVERY, digest], b""
    wanted = pair.proposal()
    offer = pair.signed(pair.giver, PROPOSAL, wanted)
    await pair.giver.submit(offer)
    while not seen:
        page = await pair.taker.deliveries.Fetch(
            delivery_service_pb2.FetchRequest(
                cursor=cursor, cursor_digest=digests[-1], max_deliveries=64
            ),
            timeout=SECONDS,
        )
        expect(bool(page.deliveries), "the offer is not in the mailbox")
        for delivery in page.deliveries:
            expect(delivery.sequence == cursor + 1, f"{delivery.sequence} after {cursor}")
            cursor = delivery.sequence
            hashes = [sha256(each.payload).digest() for each in delivery.envelopes]
            digests.append(delivery_digest(digests[-1], hashes))
            expect(delivery.digest == digests[-1], f"the digest of {cursor} is another one")
            if delivery.transaction_id == wanted.transaction.transaction_id:
                seen = delivery.envelopes[0].payload
    expect(seen == offer.payload, "the receiver does not get the proposer's exact bytes")
    again = await pair.taker.deliveries.Fetch(
        delivery_service_pb2.FetchRequest(
            cursor=cursor - 1, cursor_digest=digests[-2], max_deliveries=1
        ),
        timeout=SECONDS,
    )
    expect(again.deliveries[0].sequence == cursor, "an unacknowledged delivery does not come again")


async def streams(pair: Pair) -> None:
    cursor, digest = await _end(pair)
    for _ in range(4):  # one more than is granted
        await pair.giver.submit(pair.signed(pair.giver, PROPOSAL, pair.proposal()))
    call = pair.taker.deliveries.Subscribe(timeout=SECONDS)
    await call.write(
        delivery_service_pb2.SubscribeRequest(cursor=cursor, cursor_digest=digest, credit=3)
    )
    got: list[int] = []
    while len(got) < 3:  # the credit granted
        frame = await call.read()
        if not isinstance(frame, delivery_service_pb2.SubscribeResponse):
            raise NotConforming("the stream ended")
        got.extend(each.sequence for each in frame.deliveries)
    call.cancel()
    expect(got == [cursor + 1, cursor + 2, cursor + 3], got)


async def attributes(pair: Pair) -> None:
    wanted = pair.proposal()
    found = pair.verdict(await pair.giver.submit(pair.signed(pair.giver, PROPOSAL, wanted)))
    (block,) = wanted.transaction.blocks
    (units,) = found.results[0].units
    expect(
        (units.registry, units.first, units.last) == (block.registry, block.first, block.last),
        units,
    )
    expect(
        bool(units.attributes.paris.vintage and units.attributes.paris.cooperative_approach), units
    )


async def taken_id(pair: Pair) -> None:
    first, second = pair.proposal(), pair.proposal()
    second.transaction.transaction_id = name = first.transaction.transaction_id
    offer = pair.signed(pair.giver, PROPOSAL, first)
    await pair.giver.submit(offer)
    found = pair.verdict(await pair.giver.submit(pair.signed(pair.giver, PROPOSAL, second)))
    expect(found.results[0].state == decision_pb2.STATE_INVALIDATED, "an id was given twice")
    named = {each.conflicting_transaction_id for each in found.results[0].findings}
    expect(name in named, "that the id is taken is not told")
    receipt = pair.receipt(
        await pair.taker.submit(await _acceptance(pair, pair.taker, offer, name))
    )
    expect(receipt.state == decision_pb2.STATE_COMPLETED, "the transaction was touched")


async def cursors(pair: Pair) -> None:
    far = 2**62
    for cursor in (1, far):
        fetch = delivery_service_pb2.FetchRequest(cursor=cursor, cursor_digest=bytes(32))
        await refused(lambda: pair.taker.deliveries.Fetch(fetch, timeout=SECONDS), "RECORD_DIFFERS")  # noqa: B023  # awaited at once
    unsaid = delivery_service_pb2.FetchRequest(cursor=1)
    await refused(lambda: pair.taker.deliveries.Fetch(unsaid, timeout=SECONDS), "PAYLOAD_INVALID")
    acknowledge = delivery_service_pb2.AcknowledgeRequest(sequence=far)
    await refused(
        lambda: pair.taker.deliveries.Acknowledge(acknowledge, timeout=SECONDS), "CURSOR_INVALID"
    )


async def own_messages(pair: Pair) -> None:
    offer = pair.signed(pair.giver, PROPOSAL, pair.proposal())
    await pair.giver.submit(offer)
    last = pair.giver.chain.next_sequence - 1
    request = transaction_service_pb2.ListOwnMessagesRequest(after_sequence=last - 1)
    told = await pair.giver.transactions.ListOwnMessages(request, timeout=SECONDS)
    expect(told.last_sequence == last, f"{told.last_sequence} instead of {last}")
    expect([from_proto(each) for each in told.messages] == [offer], "not the bytes that were sent")
    told = await pair.taker.transactions.ListOwnMessages(request, timeout=SECONDS)
    expect(offer not in [from_proto(each) for each in told.messages], "another's message is shown")


async def unknown_transaction(pair: Pair) -> None:
    name = pair.ids.uuid7(pair.now())
    request = transaction_service_pb2.GetTransactionRequest(transaction_id=name)
    await refused(
        lambda: pair.giver.transactions.GetTransaction(request, timeout=SECONDS),
        "TRANSACTION_UNKNOWN",
    )


async def deadline(pair: Pair) -> None:
    request = directory_service_pb2.GetNetworkRequest()
    await refused(lambda: pair.giver.directory.GetNetwork(request), "DEADLINE_REQUIRED")


async def unknown_method(pair: Pair) -> None:
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = pair.giver.channel.unary_unary(
        "/itmo.clearing.v1.TransactionService/Nothing"
    )
    try:
        await call(b"", timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        expect(error.code() is grpc.StatusCode.UNIMPLEMENTED, error.code())
    else:
        expect(False, "an unknown method was answered")  # see expect


_CASES = (
    ("describes its network to an admitted node", network),
    (
        "answers a proposal with a signed verdict that names its bytes and lists every check",
        verdict,
    ),
    ("gives the same message the same answer again", replay),
    ("refuses other content under a used message id", other_content),
    ("refuses messages of another network", wrong_network),
    ("refuses messages for somebody else", wrong_recipient),
    ("refuses a sender that is not the node connected", wrong_sender),
    ("refuses clocks that are wrong by more than ten minutes", clock),
    ("refuses what has expired", expired),
    ("refuses what would live for more than 72 hours", lives_too_long),
    ("refuses a gap in the sequence", gap),
    ("refuses a used sequence number", used),
    ("refuses a message that does not chain to the one before", previous_hash),
    ("refuses identifiers in another form", message_id),
    ("refuses forged and missing signatures", tampered),
    ("refuses other type labels over the same bytes", mislabelled),
    ("refuses bytes that are no message", malformed),
    ("validates without effect and without promise", validates_only),
    ("answers a reversed range with a finding, not an error", reversed_range),
    ("lets units be spent once and names the winner", locked),
    ("completes on the receiver's word only, and links all hashes", completes),
    ("answers to many acceptances under one signature with a receipt for each", together),
    ("takes in many messages at once on a stream and answers each under its hash", many_under_way),
    ("states every attribute of units that were proposed by number alone", attributes),
    ("leaves a transaction alone whose id is proposed again", taken_id),
    ("keeps a gapless mailbox with the proposer's exact bytes", mailbox),
    ("streams the mailbox within the credit granted", streams),
    ("refuses cursors beyond the mailbox, or with the digest of another one", cursors),
    ("hands a sender's own messages back, and to nobody else", own_messages),
    ("does not know transactions of others", unknown_transaction),
    ("requires deadlines", deadline),
    ("does not answer unknown methods", unknown_method),
)
CASES: tuple[Case[Pair], ...] = tuple(
    Case(f"B{number:02d}", f"The broker {what}.", run)
    for number, (what, run) in enumerate(_CASES, 1)
)
