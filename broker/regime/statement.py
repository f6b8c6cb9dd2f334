# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How something of a regime is stated: what a kind of message may see, and what it may do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from broker.regime.postings import Lookup, Restate, Units
from broker.regime.regime import Found, Key, Known, Needs
from broker.rulebook.general.registries import RegistryFacts
from itmo.identifiers import MessageId, NodeId
from itmo.payloads import PayloadKind


@dataclass(frozen=True, slots=True)
class Piece:
    """Live units of one holder, as they are.

    Attributes:
        units: The units.
        attributes: What their issuance stated, serialized.
        state: What may change of them.
        locked: Whether an open transaction is about them.
        final: Whether they are in an account that none leaves.
    """

    units: Units
    attributes: bytes
    state: str
    locked: bool
    final: bool


class Books(Known, Protocol):
    """What a statement of a regime may see and do; every write is part of its message's decision."""

    now: datetime
    sender: NodeId
    message_id: MessageId

    def speaks_for(self, registry: str) -> bool:
        """True when the sender speaks for the registry."""

    def node_of(self, registry: str) -> str | None:
        """The node that speaks for a registry; None where there is no such registry."""

    def speaks_for_registry_of(self, party: str) -> bool:
        """True when the sender speaks for a registry of a Party."""

    def state(self, key: Key, read: object) -> None:
        """Lets this message be the last that is stated under a key, as `Regime.read` reads it."""

    def add(self, tally: str, quantity: int) -> None:
        """Counts; a tally that would fall below zero is a bug of ours."""

    def pieces(self, units: Units) -> Sequence[Piece]:
        """Live units of a range in which the sender has a say, in serial order."""

    def restate(self, change: Restate) -> None:
        """Changes the state of live units."""

    def notice(self, units: Units, party: str, outcome: str) -> None:
        """Says of units what the message does to them, a word of the receipt; who holds them hears it."""

    def tell(self, node: str) -> None:
        """Lets a node hear of the message, too."""

    def speaker(self, programme: str) -> str | None:
        """The node that speaks for a crediting programme."""

    def speak_of(self, lookup: Lookup, step: int, kind: str) -> None:
        """Notes that the message speaks of numbers, and what happened to them."""


class Directory(Protocol):
    """Who speaks for whom."""

    def designated(self, party: str) -> str | None:
        """The node that a Party designated."""

    def registry(self, name: str) -> RegistryFacts | None:
        """A registry."""

    def speaker(self, programme: str) -> str | None:
        """The node that speaks for a crediting programme."""


def _nobody(_: Directory, __: str, ___: object) -> bool:
    return False


def _no_lookups(_: object) -> frozenset[Lookup]:
    return frozenset()


def _about_none(_: object, __: Sequence[Found]) -> tuple[Units, ...]:
    return ()


def _needs_nothing(_: Piece) -> Needs:
    return Needs()


@dataclass(frozen=True, slots=True)
class Statement:
    """A kind of message by which something of a regime is stated.

    Attributes:
        kind: The kind of the payload.
        by_operator: Whether the broker's operator may sign it.
        by_node: Whether a node may sign it.
        needs: What taking it may ask for, from the message itself.
        take: Takes it in, or refuses by raising ProtocolError or NoEffect; what is returned are
            remarks for its receipt, code and text.
        has_say: Whether a node has a say in the units that a message is about. Of a stranger's
            nothing is looked up: neither the refusal nor the work of it may tell of the units.
        lookups: Numbers under which issued units are searched.
        about: The live units that it is about, from the message and blocks found under its lookups.
        needs_of: What taking it may ask for besides, because of these units.
        notice: Whether the message is sent on to the holders of these units. Whom it tells by name
            hears it in any case.
    """

    kind: PayloadKind
    by_operator: bool
    by_node: bool
    needs: Callable[[Any], Needs]
    take: Callable[[Books, Any], tuple[tuple[str, str], ...] | None]
    has_say: Callable[[Directory, str, Any], bool] = _nobody
    lookups: Callable[[Any], frozenset[Lookup]] = _no_lookups
    about: Callable[[Any, Sequence[Found]], Iterable[Units]] = _about_none
    needs_of: Callable[[Piece], Needs] = _needs_nothing
    notice: bool = False
