# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How suites about the engine are played under each regime: what a valid proposal is, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from broker.app import invariants_of
from broker.known_regimes import ALL_REGIMES, REGIMES
from broker.regime.regimes import Regimes
from broker.reports import audit
from broker.verifying.verify import verify
from itmo.core.v1 import proposal_pb2
from itmo.runtime.db.connection import Connection
from tests.kit import both_playing, clearing, kyoto_playing
from tests.kit.clearing import ClearingWorld, trading_world
from tests.kit.toy import playing

Proposed = proposal_pb2.ProposedTransaction


@dataclass(frozen=True)
class Play:
    """A regime, or several in one broker, as such a suite is played under it.

    Attributes:
        regimes: By which the broker judges; no other is in it.
        invariants: What holds after every commit of such a broker.
        world: Thailand holds 1 to 100 000; Switzerland has an account to hold and a final one.
        transfer: A transfer of these units, from "THA01" to "CHE01" unless `giver` and `taker` differ.
        ended: What takes these units of Switzerland into its final account.
        moved: The name in a unit's state that says it was transferred to another registry; empty:
            nothing says it of these units.
        reverses: Whether a completed transfer can be taken back.
        mixed: A transfer by Thailand of which one part is of another rulebook; None: there is one only.
    """

    regimes: Regimes
    invariants: Sequence[audit.Invariant]
    world: Callable[[], Coroutine[Any, Any, ClearingWorld]]
    transfer: Callable[..., Proposed]
    ended: Callable[[ClearingWorld, int, int], Proposed]
    moved: str
    reverses: bool = True
    mixed: Callable[[ClearingWorld, int, int, Random], Proposed] | None = None

    def problems(self, connection: Connection) -> tuple[str, ...]:
        """What the audit finds, and what playing everything again finds."""
        return verify(connection, lambda _: None, self.regimes, self.invariants).problems

    def broken(self, connection: Connection) -> list[str]:
        """Invariants that are broken."""
        return audit.broken_invariants(connection, self.invariants)


PARIS: Final = Play(
    regimes=REGIMES,
    invariants=invariants_of(),
    world=trading_world,
    transfer=clearing.transfer,
    ended=lambda world, first, last: clearing.use(world, first, last, 2022),
    moved="first_transferred",
)
UNDER_TOY: Final = Play(
    regimes=playing.REGIMES,
    invariants=audit.GENERAL,
    world=playing.trading_world,
    transfer=playing.transfer,
    ended=playing.retirement,
    moved="moved",
)
UNDER_KYOTO: Final = Play(
    regimes=kyoto_playing.REGIMES,
    invariants=invariants_of(kyoto_playing.REGIMES),
    world=kyoto_playing.trading_world,
    transfer=kyoto_playing.transfer,
    ended=kyoto_playing.retirement,
    moved="",
    reverses=False,
)
BOTH: Final = Play(
    regimes=ALL_REGIMES,
    invariants=invariants_of(ALL_REGIMES),
    world=both_playing.trading_world,
    transfer=both_playing.transfer,
    ended=both_playing.ended,
    moved="",
    mixed=both_playing.mixed,
)
PLAYS: Final = {"paris": PARIS, "toy": UNDER_TOY, "kyoto": UNDER_KYOTO, "both": BOTH}
