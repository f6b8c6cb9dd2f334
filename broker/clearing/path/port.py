# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the command path needs of a store: one method, one commit. Engines stand behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from broker.clearing.decision.rows import SignatureRow, StatementRow
from broker.clearing.decision.world import World
from broker.clearing.path.aside import Aside
from broker.clearing.path.group import Judged
from broker.clearing.path.received import Received
from itmo.frozen import quickly_made
from itmo.reasons import ProtocolError


@quickly_made
@dataclass(frozen=True, slots=True)
class Answered:
    """What one message of a group gets: statements to sign, or a refusal without decision."""

    statements: tuple[StatementRow, ...]
    replayed: bool
    refusal: ProtocolError | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An event: a message that never became a decision."""

    refused_at: int
    caller: str
    reason: str
    found: str
    payload_hash: bytes


@dataclass(frozen=True, slots=True)
class Notes:
    """What is written along with a group although no decision of it made it."""

    refused: tuple[Refused, ...] = ()
    signatures: tuple[SignatureRow, ...] = ()


NO_NOTES: Final = Notes()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A group after its commit: those of its messages that were decided on."""

    answered: tuple[Answered, ...]
    judged: Judged
    taken: tuple[int, ...] = ()
    """Their places in the group, in order; the others did not fit, and wait for the next one."""
    costs: tuple[int, ...] = ()
    """What each of them cost, see `broker.clearing.path.cost`."""


Judge = Callable[[World, Sequence[Received], datetime], Judged]
JudgeWhile = Callable[[Callable[[], bool]], Judge]
"""A judge who looks now and then whether everybody who waited has gone."""


class GroupStore(Protocol):
    """Decides groups, each in one commit."""

    @property
    def aside(self) -> Aside:
        """Time-outs that are not tried now."""
        ...

    async def decide(
        self,
        group: Sequence[Received],
        judge: Judge,
        now: datetime,
        notes: Notes = NO_NOTES,
        turns: Sequence[int] | None = None,
    ) -> Outcome:
        """Loads, judges, writes and commits messages of a group, in its order.

        They are the one whose turn it is, and what fits beside it. `turns` holds the places of the
        messages in the order in which they are picked; without it they are picked as they stand.

        The time of decision never goes back: it is at least that of the last decision.

        Raises:
            Abandoned: whoever waited has gone; nothing was written.
            LedgerInvariantBroken: our own bug, found by the ledger or by a constraint of the
                database; nothing was written.
            TimeoutFault: ending a transaction that is due raised something else; nothing was
                written.
            MessageFault: something else was raised, which is one message's matter; nothing was
                written.
        """
        ...

    async def may_be_due(self, now: datetime) -> bool:
        """Whether a group of nobody may have something to end; where not, none is opened, and nobody waits for it."""
        ...

    async def rehearse(self, received: Received, judge: Judge, now: datetime) -> Outcome:
        """Judges a message by what is committed, and writes nothing; no decision waits for it."""
        ...
