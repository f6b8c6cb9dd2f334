# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kill -9` of the broker at random moments during load.

After every restart each pair of registries sends its last message again, byte for byte: what was
acknowledged is answered as it was, what was not is decided once. At the end nothing acknowledged is
missing, everything in flight has ended, and the ledgers follow from the signed messages.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest

from broker.app import invariants_of
from broker.bench.field import Field, Ground, Pair, build_field, write_target
from broker.bench.transfers import SUBMIT, sign_transfers
from broker.reports.audit import broken_invariants
from itmo.clearing.v1 import transaction_service_pb2
from itmo.runtime.rpc.client import secure_channel
from tests.kit import both_playing, kyoto_work
from tests.kit.kyoto_work import Call, sign_work
from tests.kit.plays import BOTH, PARIS, UNDER_KYOTO, UNDER_TOY, Play
from tests.kit.postgres import own_url
from tests.kit.toy.playing import GROUND

SERVED = "tests.kit.served"
ROUNDS, PAIRS, TRANSFERS, SEED = 28, 6, 4000, 20261121
SERVER_ROUNDS = 4
KINDS = 8
"""Transactions of a turn under Kyoto."""


@dataclass
class Line:
    """A pair's work: the calls in order, how far they are answered, and the last answer."""

    calls: list[Call]
    answered: int = 0
    last_answer: tuple[bytes, ...] = ()
    acknowledged: list[str] = field(default_factory=list)
    pausing: bool = False

    async def run(self, address: str) -> None:
        """Repeats the last answered call, then goes on until the broker is gone or all is said."""
        channels: dict[Path, grpc.aio.Channel] = {}
        try:
            if self.answered:
                again = await self._call(channels, address, self.calls[self.answered - 1])
                assert again.replayed
                assert _payloads(again) == self.last_answer
            while self.answered < len(self.calls) and not self.pausing:
                answer = await self._call(channels, address, self.calls[self.answered])
                self.last_answer = _payloads(answer)
                self.answered += 1
                if done := self.calls[self.answered - 1].completes:
                    self.acknowledged.append(done)
        except grpc.aio.AioRpcError as error:
            if error.code() not in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}:
                raise
        finally:
            for channel in channels.values():
                await channel.close()

    def end(self) -> None:
        """Leaves what is under way, and the next one, which may have been offered and not answered."""
        ends = [at for at, call in enumerate(self.calls) if call.completes]
        del self.calls[next(each for each in ends if each > self.answered + 1) + 1 :]

    @staticmethod
    async def _call(
        channels: dict[Path, grpc.aio.Channel], address: str, call: Call
    ) -> transaction_service_pb2.SubmitResponse:
        tls = call.tls
        channel = channels.get(tls.key)
        if channel is None:
            channel = channels[tls.key] = secure_channel(address, tls, server_name="localhost")
        submit: grpc.aio.UnaryUnaryMultiCallable[bytes, transaction_service_pb2.SubmitResponse] = (
            channel.unary_unary(
                SUBMIT, response_deserializer=transaction_service_pb2.SubmitResponse.FromString
            )
        )
        answer: transaction_service_pb2.SubmitResponse = await submit(call.request, timeout=20)
        return answer


def _payloads(answer: transaction_service_pb2.SubmitResponse) -> tuple[bytes, ...]:
    return tuple(each.SerializeToString() for each in answer.answers)


def _lines(made: Field) -> list[Line]:
    """Under Kyoto every kind of transaction by turns, elsewhere transfers."""
    now, each = datetime.now(UTC), TRANSFERS // PAIRS
    return [
        Line(
            list(
                sign_work(pair, each // KINDS, now)
                if pair.giver.rulebook == "kyoto"
                else _transfers(pair, each, now)
            )
        )
        for pair in made.pairs
    ]


def _transfers(pair: Pair, count: int, now: datetime) -> Iterator[Call]:
    for each in sign_transfers([pair], count, now)[0]:
        yield Call(pair.giver.tls, each.proposal)
        yield Call(pair.taker.tls, each.acceptance, each.transactions[0])


async def _start(program: Sequence[str], described: Path) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        program[0],
        str(described),
        *program[1:],
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    return process, f"127.0.0.1:{int(line)}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("play", "grounds", "program", "rounds"),
    [
        (PARIS, (), ("broker.bench.target",), ROUNDS),
        (UNDER_TOY, (GROUND,), ("tests.kit.toy.served",), ROUNDS // 4),
        (UNDER_KYOTO, (kyoto_work.GROUND,), (SERVED, "kyoto"), ROUNDS // 8),
        (BOTH, both_playing.GROUNDS, (SERVED, "paris", "kyoto"), ROUNDS // 5),
    ],
    ids=["paris", "toy", "kyoto", "both"],
)
async def test_the_broker_is_killed_at_random_moments(
    tmp_path: Path,
    play: Play,
    grounds: Sequence[Ground],
    program: Sequence[str],
    rounds: int,
) -> None:
    made = await build_field(tmp_path, PAIRS, *grounds, url=own_url())
    described = write_target(made)
    lines, choose = _lines(made), random.Random(SEED)
    for number in range(rounds + 1):
        process, address = await _start(program, described)
        work = asyncio.gather(*(line.run(address) for line in lines))
        if number < rounds:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(work), choose.uniform(0.02, 0.7))
            process.kill()
        else:
            # The last round: every started transfer comes to its end, and the next one, which the
            # broker may have been offered without answering before it was killed.
            for line in lines:
                line.end()
            await work
            process.terminate()
        await process.wait()
        await work
        _check(made, lines)
    assert sum(len(line.acknowledged) for line in lines) > rounds
    _check_kinds(made)
    with closing(made.books.open_reader()) as connection:
        assert play.problems(connection) == ()
        waiting = "SELECT count(*) FROM transaction_record WHERE state IN ('VALIDATED', 'ACCEPTED')"
        assert connection.execute(waiting).fetchone() == (0,)


@pytest.mark.slow
async def test_the_broker_and_its_database_server_are_killed_in_turns(tmp_path: Path) -> None:
    """PostgreSQL alone: `kill -9` of the one, or of every process of the other, which then comes back."""
    postgres = pytest.importorskip("tests.kit.postgres", reason="psycopg is not installed")
    if postgres.programs() is None:
        pytest.skip("no PostgreSQL here")
    with postgres.server("fsync=on") as here:
        made = await build_field(tmp_path, PAIRS, url=here.fresh())
        described, lines = write_target(made), _lines(made)
        choose = random.Random(SEED)
        process, address = await _start(("broker.bench.target",), described)
        for number in range(SERVER_ROUNDS):
            work = asyncio.gather(*(line.run(address) for line in lines))
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(work), choose.uniform(0.1, 0.7))
            if number % 2:
                await asyncio.to_thread(here.kill)
                await asyncio.to_thread(here.start)
                for line in lines:  # of those that the server's absence did not end
                    line.pausing = True
            else:
                process.kill()
                await process.wait()
            await work
            for line in lines:
                line.pausing = False
            if process.returncode is not None:
                process, address = await _start(("broker.bench.target",), described)
            _check(made, lines)
        for line in lines:
            line.end()
        while any(line.answered < len(line.calls) for line in lines):
            await asyncio.gather(*(line.run(address) for line in lines))
        process.terminate()
        await process.wait()
        _check(made, lines)
        assert sum(len(line.acknowledged) for line in lines) > SERVER_ROUNDS
        with closing(made.books.open_reader()) as connection:
            assert broken_invariants(connection, invariants_of()) == []


def _check(made: Field, lines: list[Line]) -> None:
    """Everything acknowledged is there, whatever the moment of the kill."""
    with closing(made.books.open_reader()) as connection:
        rows = connection.execute(
            "SELECT transaction_id FROM transaction_record WHERE state = 'COMPLETED'"
        ).fetchall()
    there = {row[0] for row in rows}
    missing = [each for line in lines for each in line.acknowledged if each not in there]
    assert missing == []


def _check_kinds(made: Field) -> None:
    """Under Kyoto something of each kind was completed, and both notices were met."""
    if not any(pair.giver.rulebook == "kyoto" for pair in made.pairs):
        return
    with closing(made.books.open_reader()) as connection:
        kinds = connection.execute(
            "SELECT DISTINCT type FROM transaction_record WHERE state = 'COMPLETED'"
            " AND rulebook = 'kyoto'"
        ).fetchall()
    assert {kind for (kind,) in kinds} == {
        "ISSUANCE", "CONVERSION", "TRANSFER", "CANCELLATION", "RETIREMENT", "REPLACEMENT",
    }  # fmt: skip
