# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks by signed messages: an admitted node has turned hostile and holds its own keys."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import grpc
from google.protobuf.message import Message

from itmo.clearing.v1 import (
    adjustment_service_pb2,
    adjustment_service_pb2_grpc,
    aef_service_pb2,
    aef_service_pb2_grpc,
    delivery_service_pb2,
    directory_service_pb2,
    meta_registry_service_pb2,
    meta_registry_service_pb2_grpc,
    rulebook_service_pb2,
    transaction_service_pb2,
)
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.envelope import Envelope
from itmo.identifiers import MessageId
from itmo.ids import RandomIds
from itmo.limits import (
    MAX_BLOCKS_PER_MESSAGE,
    MAX_BLOCKS_PER_PROPOSAL,
    MAX_CREDIT,
    MAX_EARLY_MESSAGES,
    MAX_FETCH,
    MAX_PAGE_SIZE,
    MAX_PROPOSALS_PER_BATCH,
    MAX_TEXT,
)
from itmo.payloads import PayloadKind, to_proto
from itmo.runtime.rpc.errors import from_rpc_error
from itmo.serials import MAX_SERIAL
from tests.attacks.hostile import Hostile
from tests.attacks.identities import HOSTILE
from tests.attacks.network import APPROACH, AT_ISSUANCE, UNITS, authorize, issuance, state_of
from tests.conformance.speaking import Speaker

MOST: Final = 2**63 - 2
"""The highest serial number that fits into a signed 64-bit column with its successor."""
PIECES: Final = 20_000
"""Into how many pieces a range is cut, by moving every second unit to another account."""
_AT_ONCE: Final = 64
_REPEATED: Final = 300
"""Proposals of a batch that is large enough to be read beside the loop, and soon decided."""
_PATIENCE: Final = 30.0
_GONE: Final = 0.05
Block = units_pb2.UnitBlock


def _block(first: int, last: int) -> Block:
    return Block(registry=HOSTILE.registry, first=first, last=last)


def _move(
    blocks: list[Block], source: str = HOSTILE.account, target: str = HOSTILE.second_account
) -> proposal_pb2.ProposedTransaction:
    """Units move between two accounts of the hostile registry: nobody has to accept."""
    return proposal_pb2.ProposedTransaction(
        transaction_id=RandomIds().uuid7(datetime.now(UTC)),
        type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
        from_account=source,
        to_account=target,
        from_registry=HOSTILE.registry,
        to_registry=HOSTILE.registry,
        blocks=blocks,
    )


async def _say(
    hostile: Hostile,
    speaker: Speaker,
    kind: PayloadKind,
    payload: Message,
    *,
    dry: bool = False,
    patience: float = _PATIENCE,
) -> None:
    """Signs and sends; counts what comes back. A message that was not taken in is not chained."""
    header = speaker.chain.header(datetime.now(UTC))
    envelope = speaker.chain.sign_with(kind, payload, header)
    if await _send(hostile, speaker, envelope, kind, dry=dry, patience=patience) and not dry:
        await hostile.catch_up(speaker)


async def _send(
    hostile: Hostile,
    speaker: Speaker,
    envelope: Envelope,
    kind: PayloadKind,
    *,
    dry: bool = False,
    patience: float = _PATIENCE,
) -> bool:
    """Sends an envelope; returns whether it was decided."""
    stub, signed = speaker.transactions, to_proto(envelope)
    try:
        if kind is PayloadKind.PROPOSAL_BATCH:
            batch = transaction_service_pb2.SubmitBatchRequest(envelope=signed, validate_only=dry)
            answers = (await stub.SubmitBatch(batch, timeout=patience)).answers
        else:
            one = transaction_service_pb2.SubmitRequest(envelope=signed, validate_only=dry)
            answers = (await stub.Submit(one, timeout=patience)).answers
    except grpc.aio.AioRpcError as error:
        hostile.saw(from_rpc_error(error).reason)
        await asyncio.sleep(0.01)
        return False
    hostile.saw(state_of(answers[0].payload) if kind in _JUDGED else "taken")
    return True


_JUDGED: Final = frozenset({PayloadKind.PROPOSAL, PayloadKind.PROPOSAL_BATCH})


async def _propose(
    hostile: Hostile,
    speaker: Speaker,
    transaction: proposal_pb2.ProposedTransaction,
    *,
    dry: bool = False,
    patience: float = _PATIENCE,
) -> None:
    proposal = proposal_pb2.Proposal(transaction=transaction)
    await _say(hostile, speaker, PayloadKind.PROPOSAL, proposal, dry=dry, patience=patience)


async def _many(hostile: Hostile, one: Callable[[Speaker], Awaitable[None]], at_once: int) -> None:
    """Does something again and again, many at once, until the attack is over."""
    speaker = await hostile.speaker()

    async def again() -> None:
        while hostile.goes_on():
            await one(speaker)

    tasks = [asyncio.create_task(again()) for _ in range(at_once)]
    await hostile.rest()
    for task in tasks:
        task.cancel()
    for done in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(done, Exception):
            raise done
    await speaker.channel.close()


def _range(hostile: Hostile) -> int:
    """The first serial of a range of the hostile registry's units for this attack alone."""
    return hostile.number * 2 * PIECES % (UNITS - 2 * PIECES) + 1


async def _cut_up(hostile: Hostile, speaker: Speaker, pieces: int) -> int:
    """Cuts a range into pieces by moving every second unit away; returns its first serial."""
    first = _range(hostile)
    for at in range(first, first + pieces, 2 * MAX_BLOCKS_PER_PROPOSAL):
        ends = range(at, at + 2 * MAX_BLOCKS_PER_PROPOSAL, 2)
        await _propose(hostile, speaker, _move([_block(one, one) for one in ends]))
        if hostile.left() < hostile.seconds / 2:
            break
    return first


# -- A1 -------------------------------------------------------------------------------------------


async def hoard(hostile: Hostile) -> None:
    """Makes the own mailbox large: verdicts of a hundred results each."""
    speaker = await hostile.speaker()
    for _ in range(6):
        first = hostile.choose.randrange(10 * UNITS, 20 * UNITS)
        moves = [_move([_block(first + at, first + at)]) for at in range(100)]
        batch = proposal_pb2.ProposalBatch(transactions=moves)
        await _say(hostile, speaker, PayloadKind.PROPOSAL_BATCH, batch)
    await speaker.channel.close()


async def issuances_of_everything(hostile: Hostile) -> None:
    """Issuances of nearly all serial numbers there are wait at the same time."""
    speaker = await hostile.speaker()
    await authorize(speaker, HOSTILE, f"all-{hostile.number}")
    for last in (MOST, MOST, MAX_SERIAL, MAX_SERIAL):
        wanted = issuance(HOSTILE, f"all-{hostile.number}", 2 * UNITS, last)
        wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
        await _propose(hostile, speaker, wanted)
    await hostile.rest()


async def first_transferred_at_issuance(hostile: Hostile) -> None:
    """9.2e18 units are issued that count as first transferred at once, then some more."""
    speaker = await hostile.speaker()
    name = f"at-issuance-{hostile.number}"
    await authorize(speaker, HOSTILE, name, AT_ISSUANCE)
    for last in (MOST, MAX_SERIAL):
        await _propose(hostile, speaker, issuance(HOSTILE, name, UNITS + 1, last))
    for size in (MAX_SERIAL // 2, MAX_SERIAL // 4, UNITS):
        first = hostile.choose.randrange(2 * UNITS, MAX_SERIAL - size)
        await _propose(hostile, speaker, issuance(HOSTILE, name, first, first + size))
    await hostile.rest()


# -- A2 -------------------------------------------------------------------------------------------


async def overlapping_blocks(hostile: Hostile) -> None:
    """A range cut into thousands of pieces is proposed in 400 blocks that each cover all of it."""
    speaker = await hostile.speaker()
    first = await _cut_up(hostile, speaker, PIECES)
    while hostile.goes_on():
        blocks = [_block(first + at, first + PIECES - 101) for at in range(400)]
        await _propose(hostile, speaker, _move(blocks))


async def dear_dry_runs(hostile: Hostile) -> None:
    """64 dry runs at once, each over thousands of pieces: nothing is recorded, nothing is paid."""
    speaker = await hostile.speaker()
    first = await _cut_up(hostile, speaker, PIECES)
    await speaker.channel.close()
    wanted = _move([_block(first, first + PIECES - 1)])
    await _many(hostile, lambda one: _propose(hostile, one, wanted, dry=True), _AT_ONCE)


async def departing_callers(hostile: Hostile) -> None:
    """The same, and every caller has gone before the judgement begins."""
    speaker = await hostile.speaker()
    first = await _cut_up(hostile, speaker, PIECES)
    await speaker.channel.close()
    wanted = _move([_block(first + at, first + PIECES - 1) for at in range(400)])
    await _many(
        hostile, lambda one: _propose(hostile, one, wanted, dry=True, patience=_GONE), _AT_ONCE
    )


async def flood_of_refusals(hostile: Hostile) -> None:
    """Proposals that name 500 blocks nobody has are refused as fast as they come."""
    first = hostile.choose.randrange(10 * UNITS, 20 * UNITS)
    blocks = [_block(first + 2 * at, first + 2 * at) for at in range(MAX_BLOCKS_PER_PROPOSAL)]
    await _many(hostile, lambda one: _propose(hostile, one, _move(blocks)), 1)


async def flood_of_strayed(hostile: Hostile) -> None:
    """Messages out of their sequence are refused as fast as they come, 64 at once."""
    wanted = _move([_block(1, 1)])

    async def stray(speaker: Speaker) -> None:
        proposal = proposal_pb2.Proposal(transaction=wanted)
        head = speaker.chain.header(datetime.now(UTC))
        head = replace(head, sender_sequence=head.sender_sequence + 10 * MAX_EARLY_MESSAGES)
        envelope = speaker.chain.sign_with(PayloadKind.PROPOSAL, proposal, head)
        await _send(hostile, speaker, envelope, PayloadKind.PROPOSAL)

    await _many(hostile, stray, _AT_ONCE)


async def flood_of_repetitions(hostile: Hostile) -> None:
    """A large batch is sent again and again, and one of which the last proposal is malformed."""
    speaker, first = await hostile.speaker(), _range(hostile)
    moves = [_move([_block(first + at, first + at)]) for at in range(_REPEATED)]
    batch = proposal_pb2.ProposalBatch(transactions=moves)
    once = speaker.chain.sign(PayloadKind.PROPOSAL_BATCH, batch, datetime.now(UTC))
    await _send(hostile, speaker, once, PayloadKind.PROPOSAL_BATCH)
    batch.transactions[-1].transaction_id = "none"
    head = speaker.chain.header(datetime.now(UTC))
    spoilt = speaker.chain.sign_with(PayloadKind.PROPOSAL_BATCH, batch, head)
    await speaker.channel.close()
    turns = itertools.cycle((once, spoilt))

    async def either(one: Speaker) -> None:
        await _send(hostile, one, next(turns), PayloadKind.PROPOSAL_BATCH)

    await _many(hostile, either, _AT_ONCE // 4)


def _questions(speaker: Speaker) -> Iterator[tuple[Any, Message]]:
    """Every call that reads, with the longest pages: what is called, and with what."""
    meta = meta_registry_service_pb2_grpc.MetaRegistryServiceStub(speaker.channel)
    ledger = adjustment_service_pb2_grpc.AdjustmentServiceStub(speaker.channel)
    drawn = aef_service_pb2_grpc.AefServiceStub(speaker.channel)
    party, year = HOSTILE.party, datetime.now(UTC).year
    lists, mail, books = speaker.transactions, speaker.deliveries, speaker.directory
    yield (
        lists.ListTransactions,
        transaction_service_pb2.ListTransactionsRequest(page_size=MAX_PAGE_SIZE),
    )
    yield lists.ListOwnMessages, transaction_service_pb2.ListOwnMessagesRequest(max_messages=256)
    yield mail.Fetch, delivery_service_pb2.FetchRequest(max_deliveries=MAX_FETCH)
    yield books.ListNodes, directory_service_pb2.ListNodesRequest(page_size=MAX_PAGE_SIZE)
    yield books.ListAccounts, directory_service_pb2.ListAccountsRequest(page_size=MAX_PAGE_SIZE)
    yield books.ListKeys, directory_service_pb2.ListKeysRequest()
    yield speaker.rulebooks.ListChecks, rulebook_service_pb2.ListChecksRequest()
    units = meta_registry_service_pb2.ListUnitsRequest(
        cooperative_approach=APPROACH.id, page_size=MAX_PAGE_SIZE
    )
    yield meta.ListUnits, units
    as_of = meta_registry_service_pb2.ListUnitsRequest()
    as_of.CopyFrom(units)
    as_of.as_of.seconds = int(datetime.now(UTC).timestamp()) - 1
    yield meta.ListUnits, as_of
    history = meta_registry_service_pb2.GetUnitHistoryRequest(registry=HOSTILE.registry, serial=1)
    yield meta.GetUnitHistory, history
    actions = meta_registry_service_pb2.ListActionsRequest(
        party=party, year=year, page_size=MAX_PAGE_SIZE
    )
    yield meta.ListActions, actions
    yield (
        ledger.ListAdjustments,
        adjustment_service_pb2.ListAdjustmentsRequest(party=party, page_size=MAX_PAGE_SIZE),
    )
    yield ledger.GetBalance, adjustment_service_pb2.GetBalanceRequest(party=party, year=year)
    yield drawn.DrawAefs, aef_service_pb2.DrawAefsRequest(party=party, year=year)


async def flood_of_readings(hostile: Hostile) -> None:
    """Every list, history and report is asked for, and the mailbox is handed out from its beginning."""
    speaker = await hostile.speaker()
    asked = itertools.cycle(list(_questions(speaker)))

    async def ask(_: Speaker) -> None:
        call, request = next(asked)
        try:
            await call(request, timeout=_PATIENCE)
            hostile.saw("answered")
        except grpc.aio.AioRpcError as error:
            hostile.saw(from_rpc_error(error).reason)
            await asyncio.sleep(0.01)

    async def hand_out(_: Speaker) -> None:
        call = speaker.deliveries.Subscribe(timeout=_PATIENCE)
        try:
            await call.write(delivery_service_pb2.SubscribeRequest(credit=MAX_CREDIT))
            while await call.read() is not grpc.aio.EOF and hostile.goes_on():
                hostile.saw("frame")
        except grpc.aio.AioRpcError as error:
            hostile.saw(from_rpc_error(error).reason)
        except asyncio.InvalidStateError:
            hostile.saw("ended")
        call.cancel()

    turns = itertools.cycle((hand_out, *[ask] * 15))

    async def either(one: Speaker) -> None:
        await next(turns)(one)

    await _many(hostile, either, _AT_ONCE // 4)
    await speaker.channel.close()


def _heavy(first: int) -> proposal_pb2.ProposalBatch:
    """As many bytes as the limits of the protocol let through: text, and as many blocks as are taken."""
    batch = _batch(first, MAX_BLOCKS_PER_MESSAGE // MAX_PROPOSALS_PER_BATCH, back=False)
    for each in batch.transactions:
        each.note = "\u6f22" * MAX_TEXT  # three bytes
    return batch


def _batch(first: int, blocks: int, *, back: bool) -> proposal_pb2.ProposalBatch:
    """A hundred proposals of single units that lie apart."""
    source, target = HOSTILE.account, HOSTILE.second_account
    if back:
        source, target = target, source
    moves = []
    for at in range(100):
        begin = first + at * blocks * 2
        ends = range(begin, begin + 2 * blocks, 2)
        moves.append(_move([_block(one, one) for one in ends], source, target))
    return proposal_pb2.ProposalBatch(transactions=moves)


async def big_batches(hostile: Hostile) -> None:
    """Batches of a hundred proposals move twenty thousand single units there and back."""
    speaker, first, back = await hostile.speaker(), _range(hostile), False
    while hostile.goes_on():
        batch = _batch(first, PIECES // 200, back=back)
        await _say(hostile, speaker, PayloadKind.PROPOSAL_BATCH, batch)
        back = not back
    await speaker.channel.close()


async def early_messages(hostile: Hostile) -> None:
    """256 messages of 0.7 MB come before their turn, and the one they wait for never comes."""
    batches = _heavy(_range(hostile)), _batch(_range(hostile), 480, back=False)
    speaker = await hostile.speaker()
    start = speaker.chain.next_sequence
    await speaker.channel.close()

    async def send(one: Speaker) -> None:
        ahead = 1 + hostile.tries % (MAX_EARLY_MESSAGES - 1)
        head = replace(one.chain.header(datetime.now(UTC)), sender_sequence=start + ahead)
        batch = batches[hostile.tries % 2]
        envelope = one.chain.sign_with(PayloadKind.PROPOSAL_BATCH, batch, head)
        hostile.saw("sent")
        await _send(hostile, one, envelope, PayloadKind.PROPOSAL_BATCH)

    await _many(hostile, send, _AT_ONCE)


# -- B --------------------------------------------------------------------------------------------


async def conflicting_content(hostile: Hostile) -> None:
    """Other content of 0.7 MB comes under an id that was used, again and again."""
    speaker = await hostile.speaker()
    used = speaker.chain.header(datetime.now(UTC))
    wanted = proposal_pb2.Proposal(transaction=_move([_block(1, 1)]))
    await _send(
        hostile,
        speaker,
        speaker.chain.sign(PayloadKind.PROPOSAL, wanted, datetime.now(UTC)),
        PayloadKind.PROPOSAL,
    )
    used = replace(used, message_id=MessageId(wanted.header.message_id))
    batch = _heavy(_range(hostile))
    while hostile.goes_on():
        batch.transactions[0].note = f"{hostile.tries}"
        envelope = speaker.chain.sign_with(PayloadKind.PROPOSAL_BATCH, batch, used)
        await _send(hostile, speaker, envelope, PayloadKind.PROPOSAL_BATCH)
    await speaker.channel.close()


async def cut_streams(hostile: Hostile) -> None:
    """Streams of deliveries and of changes are opened and cut in the middle."""

    async def cut(speaker: Speaker) -> None:
        frames = speaker.deliveries.Subscribe(timeout=5)
        watch = speaker.transactions.WatchTransactions(
            transaction_service_pb2.WatchTransactionsRequest(), timeout=5
        )
        try:
            await frames.write(delivery_service_pb2.SubscribeRequest())
            await asyncio.sleep(hostile.choose.uniform(0.0, 0.05))
        except grpc.aio.AioRpcError as error:
            hostile.saw(from_rpc_error(error).reason)
        except asyncio.InvalidStateError:
            hostile.saw("ended")
        frames.cancel()
        watch.cancel()
        hostile.saw("cut")
        await asyncio.sleep(0.01)

    await _many(hostile, cut, 4)


ATTACKS: Final = {
    "A1": (issuances_of_everything, first_transferred_at_issuance),
    "A2": (
        overlapping_blocks,
        dear_dry_runs,
        departing_callers,
        flood_of_refusals,
        flood_of_strayed,
        flood_of_repetitions,
        flood_of_readings,
        big_batches,
        early_messages,
    ),
    "B7": (conflicting_content,),
    "B9": (cut_streams,),
}
