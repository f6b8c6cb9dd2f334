# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How much one caller and all callers together may ask for at once and per second.

Everything here runs on one event loop and never waits, so it needs no lock: a call is either
admitted now or told when to come back.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from itmo import limits
from itmo.reasons import ProtocolError, Reason

# Unary calls under way. A group commit decides hundreds in milliseconds; beyond this a caller is
# better told to come back than kept waiting, and request memory stays below half a gigabyte.
MAX_CALLS: Final = 400
# A quarter: one node cannot take the whole service.
MAX_CALLS_PER_NODE: Final = 100
# A subscription, a watch, a health watch, and their successors while they change over.
MAX_STREAMS_PER_NODE: Final = 8
# However full the house is, a node gets these calls under way, so that no few nodes can keep the
# others out; a network of a hundred nodes thereby goes beyond MAX_CALLS by as much again.
GUARANTEED_CALLS: Final = 4
# A mebibyte, the largest message, over a line of one megabit per second takes 8.4 seconds.
FIRST_MESSAGE_SECONDS: Final = 10.0
# Certificates of the authority without admission may ask for the health of the service, no more.
STRANGER_RATE_PER_SECOND: Final = 5.0
STRANGER_BURST: Final = 20
STRANGER_CALLS: Final = 16
STRANGER_CALLS_EACH: Final = 2
# Buckets that are not full again, at once; beyond it somebody makes up callers by the thousand.
MAX_BUCKETS: Final = 4_096
# A node that sets a longer deadline than a minute keeps a slot for a minute for nothing.
MAX_DEADLINE_SECONDS: Final = 60.0
# Answers of so many bytes or more are counted until they are sent: a caller that does not read what it asked for
# would have them all kept in memory, and be asking on. Smaller ones make 16 MiB on all calls of 8 connections.
LARGE_ANSWER_BYTES: Final = 64 * 1024
# Of one node. Four of the largest answers, or eight frames of deliveries, are under way at once.
MAX_UNSENT_BYTES: Final = 16 * 1024 * 1024
# A full house empties within a group commit or two.
OVERLOADED_RETRY_MS: Final = 200
# Sums of binary fractions of a second are off by less than this.
_ROUNDING_SECONDS: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """What the guard of a server admits.

    Attributes:
        rate_per_second: Calls per second and node, on average; starting a stream is a call.
        burst: Calls that a node may make at once after a pause.
        calls: Unary calls under way, of all nodes.
        calls_per_node: Unary calls under way, of one node.
        streams_per_node: Streams open, of one node.
        deadline_seconds: Longest deadline of a unary call.
        first_message_seconds: How long the first message of a call may take to arrive whole.
    """

    rate_per_second: float = limits.RATE_PER_SECOND
    burst: int = limits.RATE_BURST
    calls: int = MAX_CALLS
    calls_per_node: int = MAX_CALLS_PER_NODE
    streams_per_node: int = MAX_STREAMS_PER_NODE
    deadline_seconds: float = MAX_DEADLINE_SECONDS
    first_message_seconds: float = FIRST_MESSAGE_SECONDS


class TokenBuckets:
    """A token bucket per node, kept as one number each (the generic cell rate algorithm).

    The number is the moment at which the bucket will be full again. A bucket that is full again is
    forgotten when there are too many.
    """

    __slots__ = ("_full_at", "_interval", "_monotonic", "_tolerance")

    def __init__(self, rate_per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._interval = 1.0 / rate_per_second
        self._tolerance = (burst - 1) * self._interval
        self._monotonic = monotonic
        self._full_at: dict[str, float] = {}

    def take(self, node: str, tokens: float = 1.0, deeper: int = 0) -> None:
        """Takes one token of a node, or another number, once there is one.

        Args:
            node: The node.
            tokens: How many are taken.
            deeper: Tokens of debt that do not count: what may wait for calls goes on so far.

        Raises:
            ProtocolError: RATE_LIMITED, saying in how many milliseconds the next token is there.
        """
        now = self._monotonic()
        full_at = max(self._full_at.get(node, now), now)
        excess = full_at - now - self._tolerance - deeper * self._interval
        if excess > _ROUNDING_SECONDS:
            wait_ms = int(excess * 1000) + 1
            raise ProtocolError(
                Reason.RATE_LIMITED,
                f"{node} sends faster than its share; send again in {wait_ms} ms, or in batches.",
                retry_after_ms=wait_ms,
            )
        if len(self._full_at) >= MAX_BUCKETS and node not in self._full_at:
            self._forget_full(now)
        self._full_at[node] = full_at + tokens * self._interval

    def charge(self, node: str, tokens: float) -> None:
        """Takes tokens of a node for what a call of it has cost, more than there are if need be.

        The debt is paid by time alone: until then `take` refuses, and says when.
        """
        now = self._monotonic()
        self._full_at[node] = max(self._full_at.get(node, now), now) + tokens * self._interval

    def waits(self) -> dict[str, int]:
        """Callers that have no token now, and in how many milliseconds each has one."""
        now = self._monotonic()
        excess = {node: at - now - self._tolerance for node, at in self._full_at.items()}
        return {node: int(e * 1000) + 1 for node, e in excess.items() if e > _ROUNDING_SECONDS}

    def _forget_full(self, now: float) -> None:
        self._full_at = {node: at for node, at in self._full_at.items() if at > now}
        if len(self._full_at) >= MAX_BUCKETS:
            raise _overloaded("More callers than the service keeps account of are at the door")


class Slots:
    """Places for calls: a node's own from the first header on, and one of all once a message came.

    A call without a message so takes nothing from the others. When all are taken, a node that has
    fewer than GUARANTEED_CALLS still gets in.
    """

    __slots__ = (
        "_elsewhere", "_in_all", "_of_node", "_others", "_per_node", "_started", "_started_in_all",
    )  # fmt: skip

    def __init__(self, in_all: int | None, per_node: int) -> None:
        self._in_all = in_all
        self._per_node = per_node
        self._of_node: Counter[str] = Counter()
        self._started: Counter[str] = Counter()
        self._started_in_all = 0
        self._others: dict[str, Mapping[str, int]] = {}
        self._elsewhere: Counter[str] = Counter()

    def hold_elsewhere(self, process: str, held: Mapping[str, int]) -> None:
        """Counts a node's places in another process of this service as if they were taken here."""
        if held:
            self._others[process] = held
        else:
            self._others.pop(process, None)
        self._elsewhere.clear()
        for each in self._others.values():
            self._elsewhere.update(each)

    @property
    def taken(self) -> int:
        """Calls that are being served now."""
        return self._started_in_all

    @property
    def waiting(self) -> int:
        """Calls whose first message has not come yet."""
        return self._of_node.total() - self._started_in_all

    @property
    def most(self) -> int | None:
        """Calls of all nodes that are served at once; None where only each node's are counted."""
        return self._in_all

    def full(self) -> list[str]:
        """The nodes that have taken every place of their own."""
        return sorted(node for node in self._of_node if self._of(node) >= self._per_node)

    def held(self) -> dict[str, int]:
        """The places of each node that has any."""
        return dict(self._of_node)

    def enter(self, node: str) -> None:
        """Takes one of the node's places, to be given back by `leave`.

        Raises:
            ProtocolError: OVERLOADED, when it has taken every one.
        """
        if self._of(node) >= self._per_node:
            raise _overloaded(f"{node} has {self._per_node} calls under way")
        self._of_node[node] += 1

    def _of(self, node: str) -> int:
        return self._of_node[node] + self._elsewhere[node]

    def start(self, node: str) -> None:
        """Takes one of the places of all, for a call that has entered and whose message has come.

        Raises:
            ProtocolError: OVERLOADED, when every one is taken.
        """
        if (
            self._in_all is not None
            and self._started_in_all >= self._in_all
            and self._started[node] >= GUARANTEED_CALLS
        ):
            raise _overloaded("The service has as many calls under way as it takes on")
        self._started_in_all += 1
        self._started[node] += 1

    def leave(self, node: str, *, started: bool) -> None:
        """Gives back what the call has taken."""
        _give_back(self._of_node, node)
        if started:
            _give_back(self._started, node)
            self._started_in_all -= 1


class Unsent:
    """Bytes of answers that callers have not taken yet, of each."""

    __slots__ = ("_of_node",)

    def __init__(self) -> None:
        self._of_node: Counter[str] = Counter()

    def hold(self, node: str, size: int) -> None:
        """Counts an answer.

        Raises:
            ProtocolError: OVERLOADED, when the node has too much to take already.
        """
        if self._of_node[node] + size > MAX_UNSENT_BYTES:
            raise _overloaded(f"{node} has not taken {self._of_node[node]} bytes of answers")
        self._of_node[node] += size

    def sent(self, node: str, size: int) -> None:
        """Counts it no more: it was taken, or its caller has gone."""
        self._of_node[node] -= size
        if not self._of_node[node]:
            del self._of_node[node]


def _give_back(places: Counter[str], node: str) -> None:
    places[node] -= 1
    if not places[node]:
        del places[node]


def _overloaded(fact: str) -> ProtocolError:
    return ProtocolError(
        Reason.OVERLOADED,
        f"{fact}; send again in {OVERLOADED_RETRY_MS} ms, with growing pauses.",
        retry_after_ms=OVERLOADED_RETRY_MS,
    )
