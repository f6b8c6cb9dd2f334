# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What brokers on one database tell each other of what nodes have of them, so that a node has its share once.

Each tells of a node what it has spent of its rate here, how many calls and streams it holds, and how often
it has opened a subscription. Hints may be lost: each is told a few times, and sums instead of differences.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from broker.store.hints import MOST_CHARACTERS

REPEAT_SECONDS: Final = 1.0
"""Each broker says so often that it is there, and again what changed lately."""
REPEATS: Final = 3
FORGOTTEN_SECONDS: Final = 5.0
"""A broker that was not heard for so long holds nothing any more: it has ended, or is asleep."""
_PARTS: Final = 1000
_BESIDES: Final = 200
"""Characters of a hint besides what it says of nodes."""

Held = tuple[int, int]
"""Calls and streams under way."""


class Door(Protocol):
    """What nodes have of this broker, in all its processes."""

    def tell_use(
        self, spent: Callable[[str, float], None], subscribed: Callable[[str], None]
    ) -> None:
        """From now on somebody hears of tokens that nodes spend, and of subscriptions that they open."""
        ...

    def held(self) -> Mapping[str, Held]:
        """What each node has under way."""
        ...

    def charge_elsewhere(self, node: str, tokens: float) -> None:
        """Takes tokens of a node that it has spent at another broker."""
        ...

    def hold_elsewhere(self, process: str, held: Mapping[str, Held]) -> None:
        """Counts what nodes have under way at another broker, in place of what it was before."""
        ...

    def supersede(self, node: str) -> None:
        """Ends a node's subscription, because it has another one elsewhere."""
        ...


@dataclass(slots=True)
class _Said:
    """What was said of a node last, and what before: whoever has just come knows only by both what is new."""

    spent: tuple[int, int] = (0, 0)
    opened: tuple[int, int] = (0, 0)
    held: Held = (0, 0)
    repeats: int = REPEATS


@dataclass(slots=True)
class _Heard:
    """What is known of another broker."""

    at: float = 0.0
    spent: dict[str, int] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)


class UseElsewhere:
    """Makes hints of what nodes have of this broker, and acts on those of others.

    Args:
        me: The name of this broker among those on the database, another one at each start.
        door: That of this broker.
        monotonic: A clock in seconds.
    """

    def __init__(self, me: str, door: Door, monotonic: Callable[[], float]) -> None:
        self._me = me
        self._door = door
        self._monotonic = monotonic
        self._spent: Counter[str] = Counter()
        self._opened: Counter[str] = Counter()
        self._said: dict[str, _Said] = {}
        self._repeated = float("-inf")
        self._heard: dict[str, _Heard] = {}
        door.tell_use(self._add_spent, self._add_opened)

    def _add_spent(self, node: str, tokens: float) -> None:
        self._spent[node] += round(tokens * _PARTS)

    def _add_opened(self, node: str) -> None:
        self._opened[node] += 1

    def said(self) -> list[str]:
        """What is to be told now."""
        held = self._door.held()
        told = {
            node
            for node in {*self._spent, *self._opened, *held, *self._said}
            if self._new(node, held)
        }
        now = self._monotonic()
        repeats = now - self._repeated >= REPEAT_SECONDS
        if repeats:
            self._repeated = now
            for node, each in self._said.items():
                if each.repeats:
                    each.repeats -= 1
                    told.add(node)
        return self._hints(sorted(told)) if told or repeats else []

    def _new(self, node: str, held: Mapping[str, Held]) -> bool:
        known = self._said.setdefault(node, _Said(repeats=0))
        now = (self._spent[node], self._opened[node], held.get(node, (0, 0)))
        if now == (known.spent[1], known.opened[1], known.held):
            return False
        self._said[node] = _Said((known.spent[1], now[0]), (known.opened[1], now[1]), now[2])
        return True

    def _hints(self, nodes: Iterable[str]) -> list[str]:
        hints: list[dict[str, object]] = [{}]
        size = 0
        for node in nodes:
            each = self._said[node]
            entry = [*each.spent, *each.opened, *each.held]
            size += len(json.dumps({node: entry}))
            if size > MOST_CHARACTERS - _BESIDES:
                hints.append({})
                size = len(json.dumps({node: entry}))
            hints[-1][node] = entry
        return [json.dumps({"from": self._me, "nodes": each}) for each in hints]

    def heard(self, hints: Iterable[str]) -> None:
        """Acts on what others have told."""
        now = self._monotonic()
        changed = set()
        for hint in hints:
            try:
                told = json.loads(hint)
                process = told["from"]
                if process != self._me:
                    self._take_hint(self._heard.setdefault(process, _Heard()), told["nodes"])
                    changed.add(process)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # of another version of the program
        for process, each in list(self._heard.items()):
            if now - each.at > FORGOTTEN_SECONDS:
                del self._heard[process]
                self._door.hold_elsewhere(process, {})
            elif process in changed:
                each.held = {node: held for node, held in each.held.items() if any(held)}
                self._door.hold_elsewhere(process, each.held)

    def _take_hint(self, known: _Heard, nodes: Mapping[str, tuple[int, ...]]) -> None:
        known.at = self._monotonic()
        for node, (before, spent, opened_before, opened, calls, streams) in nodes.items():
            self._take(known, node, (before, spent), (opened_before, opened))
            known.held[node] = (calls, streams)

    def _take(
        self, known: _Heard, node: str, spent: tuple[int, int], opened: tuple[int, int]
    ) -> None:
        tokens = spent[1] - known.spent.get(node, spent[0])
        known.spent[node] = spent[1]
        if tokens:
            self._door.charge_elsewhere(node, tokens / _PARTS)
        again = opened[1] > known.opened.get(node, opened[0])
        known.opened[node] = opened[1]
        if again:
            self._door.supersede(node)
