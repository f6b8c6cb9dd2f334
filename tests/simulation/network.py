# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Scripted senders, a lossy line, and a broker that crashes: all of it decided by one seed."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from google.protobuf.message import Message

from broker.clearing.path.house import Answer, ClearingHouse
from broker.clearing.path.port import Outcome
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.envelope import Envelope
from itmo.payloads import MESSAGE_OF, PayloadKind, decode, kind_of
from itmo.reasons import CATALOGUE, ProtocolError, Reason
from tests.kit.clearing import (
    START,
    ClearingWorld,
    Sender,
    own_clerk,
    restarted,
    signed,
)
from tests.kit.plays import Play, Proposed
from tests.simulation.virtual import VirtualLoop

BLOCKS = 12
WIDTH = 10
UNUSUAL = 0.15
"""How likely a proposal is a mixture of rulebooks, and how likely a reversal, where several meet."""
POLL = 300
"""Seconds between two looks at an empty outbox, a mailbox or the deadlines."""


@dataclass(frozen=True)
class Faults:
    """How bad the world is; every number is a probability or a time in seconds."""

    lose_request: float = 0.1
    lose_answer: float = 0.1
    duplicate: float = 0.1
    delay: float = 5.0
    crashes: int = 6
    hours: float = 6.0
    batches: float = 0.0
    """How often several transfers are proposed under one signature, and answered so."""
    tear: float = 0.0
    """How often all answers to what is under way are lost together, as when a stream breaks."""
    tick: float = 0.0
    """What is under way arrives at multiples of it only, so that what several say meets in one group."""


Answered = proposal_pb2.AnsweredProposal


@dataclass
class Simulation:
    """One run. `trace` holds everything that was observed, in order."""

    seed: int
    loop: VirtualLoop
    world: ClearingWorld
    play: Play
    faults: Faults = field(default_factory=Faults)
    trace: list[str] = field(default_factory=list)
    answers: dict[str, tuple[Envelope, ...]] = field(default_factory=dict)
    healed: bool = False
    mixed: set[str] = field(default_factory=set)
    """Proposals of which one part is of another rulebook."""
    met: int = 0
    """Groups in which transactions of several rulebooks were touched."""
    broken: list[str] = field(default_factory=list)
    """What did not hold after a commit, where that is looked at."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.outboxes: dict[str, deque[Envelope]] = {"tha": deque(), "che": deque()}
        self.cursors = {"tha": 0, "che": 0}
        self.told_later: dict[tuple[str, PayloadKind], dict[bytes, Answered]] = {}
        self.agreeing = asyncio.Lock()
        self.loop.on_time = lambda passed: self.world.clock.set(START + timedelta(seconds=passed))

    def note(self, *words: object) -> None:
        self.trace.append(f"{self.loop.time():.6f} " + " ".join(map(str, words)))

    def luck(self, probability: float) -> bool:
        return not self.healed and self.chance.random() < probability

    # -- the line ---------------------------------------------------------------------------------

    async def wait(self) -> None:
        delay = 0.01 if self.healed else self.chance.random() * self.faults.delay
        if self.faults.tick:
            delay += self.faults.tick - (self.loop.time() + delay) % self.faults.tick
        await asyncio.sleep(delay)

    async def call(self, sender: Sender, envelope: Envelope) -> Answer | None:
        """One try: None when it got lost on either way."""
        await self.wait()
        if self.luck(self.faults.lose_request):
            return None
        if self.luck(self.faults.duplicate):
            self.background(self.call(sender, envelope))
        house: ClearingHouse = self.world.house
        try:
            answer = await asyncio.wait_for(house.submit(sender.node, envelope), 30)
        except TimeoutError:
            return None
        await self.wait()
        return None if self.luck(self.faults.lose_answer) else answer

    def background(self, work: object) -> None:
        async def quietly() -> None:
            with suppress(ProtocolError):
                await work  # type: ignore[misc]  # a coroutine of ours

        self.tasks.append(asyncio.create_task(quietly()))

    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    # -- senders ----------------------------------------------------------------------------------

    def say(self, name: str, kind: PayloadKind, payload: Message) -> None:
        """Signs at once and stores; sending comes later, and again until it is answered."""
        self.outboxes[name].append(signed(self.world.senders[name], kind, payload))

    async def deliver_outbox(self, name: str) -> None:
        outbox, sender = self.outboxes[name], self.world.senders[name]
        while True:
            if not outbox:
                await asyncio.sleep(POLL)
                continue
            window = list(outbox)[:3]  # several at once: they may overtake each other
            answers = await asyncio.gather(
                *(self.call(sender, each) for each in window), return_exceptions=True
            )
            if self.faults.tear and self.luck(self.faults.tear):
                continue  # the stream broke: what came of none of them is known
            for envelope, answer in zip(window, answers, strict=True):
                self.judge(name, envelope, answer)
            while outbox and self.key(outbox[0]) in self.answers:
                outbox.popleft()

    @staticmethod
    def key(envelope: Envelope) -> str:
        return envelope.payload.hex()

    def judge(self, name: str, envelope: Envelope, answer: Answer | BaseException | None) -> None:
        if answer is None or (
            isinstance(answer, ProtocolError)
            and (CATALOGUE[answer.reason].retryable or answer.reason is Reason.SEQUENCE_GAP)
        ):
            return
        if isinstance(answer, ProtocolError) and answer.reason in {
            Reason.CLOCK_SKEW,
            Reason.MESSAGE_EXPIRED,
        }:
            self.sign_anew(name)
            return
        if isinstance(answer, BaseException):
            raise answer
        first = self.answers.setdefault(self.key(envelope), answer.answers)
        assert first == answer.answers, "another answer to the same message"
        self.note(name, kind_of(envelope.payload_type), len(answer.answers))

    def sign_anew(self, name: str) -> None:
        """What became too old is signed again, from the last recorded message on."""
        outbox, sender = self.outboxes[name], self.world.senders[name]
        row = self.world.connection.execute(
            "SELECT next_sequence, previous_payload_hash FROM sender WHERE node = ?", (name,)
        ).fetchone()
        recorded = {
            bytes(r[0])
            for r in self.world.connection.execute(
                "SELECT payload FROM message WHERE sender_node = ?", (name,)
            )
        }
        sender.chain.next_sequence, sender.chain.previous_payload_hash = row
        kept = [each for each in outbox if each.payload in recorded]
        stale = [each for each in outbox if each.payload not in recorded]
        outbox.clear()
        outbox.extend(kept)
        for each in stale:
            kind = kind_of(each.payload_type)
            self.say(name, kind, decode(kind, each.payload))
        self.note(name, "signs anew", len(stale))

    async def propose(self, name: str) -> None:
        for _ in range(14):
            await asyncio.sleep(self.chance.random() * self.faults.hours * 3600 / 14)
            first = self.chance.randrange(BLOCKS) * WIDTH + 1
            if self.faults.batches and self.chance.random() < self.faults.batches:
                self.propose_many(name)
                continue
            if self.play.mixed is not None and (unusual := await self.unusual(name, first)):
                wanted = unusual
            elif name == "che" and self.chance.random() < 0.7:
                wanted = self.play.ended(self.world, first, first + self.chance.randrange(WIDTH))
            else:
                sides = ("THA01", "CHE01") if name == "tha" else ("CHE01", "THA01")
                wanted = self.play.transfer(
                    self.world, first, first + WIDTH - 1, giver=sides[0], taker=sides[1]
                )
                if self.chance.random() < 0.4:
                    wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
            self.say(name, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=wanted))

    def propose_many(self, name: str) -> None:
        """Transfers under one signature, some of the same units."""
        giver, taker = ("THA01", "CHE01") if name == "tha" else ("CHE01", "THA01")
        batch = proposal_pb2.ProposalBatch()
        for _ in range(self.chance.randrange(1, 6)):
            first = self.chance.randrange(BLOCKS) * WIDTH + 1
            wanted = self.play.transfer(
                self.world, first, first + WIDTH - 1, giver=giver, taker=taker
            )
            if self.chance.random() < 0.3:
                wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
            batch.transactions.append(wanted)
        self.say(name, PayloadKind.PROPOSAL_BATCH, batch)

    def answer_many(self, name: str, proposed: Envelope, judged: Envelope) -> None:
        """Accepts some of a batch together, rejects some, and lets the rest time out.

        Now and then what was accepted is told with what is accepted of the next batch.
        """
        verdict = decision_pb2.Verdict.FromString(judged.payload)
        waiting = [r.transaction_id for r in verdict.results if r.HasField("deadline")]
        said: dict[PayloadKind, list[str]] = {}
        for each in waiting:
            draw = self.chance.random()
            kind = PayloadKind.REJECTION_BATCH if draw > 0.85 else PayloadKind.ACCEPTANCE_BATCH
            if draw < 0.7 or draw > 0.85:
                said.setdefault(kind, []).append(each)
        for kind, names in said.items():
            answered = Answered(
                proposal_hash=sha256(proposed.payload).digest(), transaction_ids=names
            )
            together = self.told_later.setdefault((name, kind), {})
            together[answered.proposal_hash] = answered
            if self.chance.random() < 0.7:
                self.say(name, kind, MESSAGE_OF[kind](proposals=together.values()))
                together.clear()

    async def unusual(self, name: str, first: int) -> Proposed | None:
        """Now and then what only a broker of several rulebooks is asked: a mixture, a reversal."""
        draw = self.chance.random()
        if draw < UNUSUAL and name == "tha" and self.play.mixed is not None:
            wanted = self.play.mixed(self.world, first, first + WIDTH - 1, self.chance)
            self.mixed.add(wanted.transaction_id)
            return wanted
        return await self.reversal(name) if draw > 1 - UNUSUAL else None

    async def reversal(self, name: str) -> Proposed | None:
        """Takes back the last transfer that this registry got, with the operator's agreement."""
        found = self.world.connection.execute(
            "SELECT t.transaction_id, m.payload FROM transaction_record t"
            " JOIN message m ON m.payload_hash = t.proposal_hash"
            " WHERE t.type = 'TRANSFER' AND t.state = 'COMPLETED' AND t.to_registry = ?"
            " ORDER BY m.log_index DESC LIMIT 1",
            (f"{name.upper()}01",),
        ).fetchone()
        if found is None:
            return None
        await self.agreed(found[0])
        made = proposal_pb2.Proposal.FromString(found[1]).transaction
        made.transaction_id, made.reverses = self.world.transaction_id(), found[0]
        made.type = proposal_pb2.TRANSACTION_TYPE_REVERSAL
        reversing = self.play.regimes.first.name  # the others know no reversal
        if made.rulebook != reversing:
            made.rulebook = reversing
            self.mixed.add(made.transaction_id)
        made.from_registry, made.to_registry = made.to_registry, made.from_registry
        made.from_account, made.to_account = made.to_account, made.from_account
        return made

    async def agreed(self, transaction_id: str) -> None:
        said = statements_pb2.ReversalStatement(transaction_id=transaction_id, reason="both ask")
        async with self.agreeing:
            while True:
                work = self.world.operator.state(PayloadKind.REVERSAL_STATEMENT, said)
                # Refused: it was agreed to before. Out of time: the broker crashed meanwhile.
                with suppress(TimeoutError):
                    with suppress(ProtocolError):
                        await asyncio.wait_for(work, 30)
                    return

    async def read_mail(self, name: str) -> None:
        sender = self.world.senders[name]
        while True:
            await self.wait()
            entries = await self.world.house.deliveries(sender.node, self.cursors[name], 5)
            for entry in entries:
                if self.luck(self.faults.lose_answer):
                    break  # it comes again
                self.cursors[name] = entry.sequence
                kinds = [kind_of(each.payload_type).value for each in entry.envelopes]
                self.note(name, "reads", entry.sequence, entry.transaction_id, *kinds)
                if kinds[0] == "proposal":
                    self.answer(name, entry.envelopes[0])
                elif kinds[0] == "proposal-batch":
                    self.answer_many(name, *entry.envelopes[:2])
                elif kinds[0] == "acceptance":
                    self.complete(name, entry.transaction_id)
                elif kinds[0] == "acceptance-batch":
                    said = proposal_pb2.AcceptanceBatch.FromString(entry.envelopes[0].payload)
                    for each in said.proposals:
                        for accepted in each.transaction_ids:
                            self.complete(name, accepted)
            if entries and not self.luck(0.5):
                await self.world.house.acknowledge(sender.node, self.cursors[name])
            await asyncio.sleep(POLL)

    def hashes(self, transaction_id: str) -> tuple[bytes, bytes, str]:
        row = self.world.connection.execute(
            "SELECT proposal_hash, answer_hash, state FROM transaction_record"
            " WHERE transaction_id = ?",
            (transaction_id,),
        ).fetchone()
        return row[0], row[1] or b"", row[2]

    def answer(self, name: str, envelope: Envelope) -> None:
        proposal = proposal_pb2.Proposal.FromString(envelope.payload)
        known = proposal.transaction.transaction_id
        names: dict[str, Any] = {"transaction_id": known, "proposal_hash": self.hashes(known)[0]}
        draw = self.chance.random()
        if draw < 0.7:
            self.say(name, PayloadKind.ACCEPTANCE, proposal_pb2.Acceptance(**names))
        elif draw < 0.85:
            self.say(name, PayloadKind.REJECTION, proposal_pb2.Rejection(**names))

    def complete(self, name: str, transaction_id: str) -> None:
        proposal_hash, acceptance_hash, state = self.hashes(transaction_id)
        if state == "ACCEPTED" and self.chance.random() < 0.8:
            self.say(
                name,
                PayloadKind.COMPLETION,
                proposal_pb2.Completion(
                    transaction_id=transaction_id,
                    proposal_hash=proposal_hash,
                    acceptance_hash=acceptance_hash,
                ),
            )

    # -- the broker -------------------------------------------------------------------------------

    def watch(self) -> None:
        """Where several rulebooks meet, what must hold is looked at after every commit."""
        if self.play.mixed is None:
            return
        clerk = own_clerk(self.world.house)
        then = clerk._after_commit

        def looked(outcome: Outcome) -> None:
            effects, known = outcome.judged.effects, outcome.judged.world.transactions
            self.met += len({known[each].rulebook for each in effects.transactions}) > 1
            if not effects.empty:
                self.broken += self.play.broken(self.world.connection)
            then(outcome)

        clerk._after_commit = looked

    async def expire(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            ended = await self.world.house.expire_due()
            if ended:
                self.note("broker times out", ended)

    async def crash(self) -> None:
        """The house is gone between two commits; whoever waited for it waits in vain."""
        for _ in range(self.faults.crashes):
            await asyncio.sleep(
                self.chance.random() * self.faults.hours * 3600 / self.faults.crashes
            )
            clerk = own_clerk(self.world.house)
            for old in (clerk._task, clerk._rehearsals._task):
                assert old is not None
                old.cancel()
                with suppress(asyncio.CancelledError):
                    await old
            self.note("broker crashes")
            await restarted(self.world).start()
            self.watch()

    async def story(self) -> None:
        """A time of faults, then a time in which everything must come to its end."""
        self.watch()
        forever = [asyncio.create_task(self.expire())]
        for name in ("tha", "che"):
            forever.append(asyncio.create_task(self.deliver_outbox(name)))
            forever.append(asyncio.create_task(self.read_mail(name)))
        scripts = [asyncio.create_task(self.propose(name)) for name in ("tha", "che")]
        scripts.append(asyncio.create_task(self.crash()))
        await self.attend(scripts, forever)
        self.healed = True
        self.note("healed")
        await self.attend([asyncio.create_task(asyncio.sleep(25 * 3600))], forever)
        for task in (*forever, *self.tasks):
            task.cancel()
        await asyncio.gather(*forever, *self.tasks, return_exceptions=True)
        await self.world.house.stop()

    async def attend(
        self, scripts: list[asyncio.Task[None]], forever: list[asyncio.Task[None]]
    ) -> None:
        """Waits for the scripts; whatever fails meanwhile fails the simulation."""
        pending = set(scripts)
        while pending:
            done, _ = await asyncio.wait([*pending, *forever], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            assert not done & set(forever)
            pending -= done


def open_ends(simulation: Simulation) -> Iterator[str]:
    """What should have ended by the end and has not."""
    rows = simulation.world.connection.execute(
        "SELECT transaction_id, state FROM transaction_record"
        " WHERE state IN ('PROPOSED', 'VALIDATED', 'ACCEPTED')"
    )
    yield from (f"{name} is {state}" for name, state in rows)
    for name, outbox in simulation.outboxes.items():
        yield from (f"{name} was not answered: {each.payload_type}" for each in outbox)
    for node, last in simulation.world.connection.execute(
        "SELECT node, last_sequence FROM mailbox"
    ):
        if simulation.cursors.get(node, last) != last:
            yield f"{node} has read {simulation.cursors[node]} of {last}"


async def simulated(loop: VirtualLoop, seed: int, faults: Faults, play: Play) -> Simulation:
    simulation = Simulation(seed, loop, await play.world(), play, faults)
    await simulation.story()
    return simulation
