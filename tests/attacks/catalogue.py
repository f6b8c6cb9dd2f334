# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every attack, under the line of the issue that it plays, and the order that a seed gives."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final

from tests.attacks import connections, machine, messages
from tests.attacks.hostile import Hostile

HOSTILE_ATTACKS: Final[Mapping[str, Callable[[Hostile], Coroutine[None, None, None]]]] = (
    MappingProxyType(
        {
            attack.__name__: attack
            for lines in (messages.ATTACKS, connections.ATTACKS)
            for attacks in lines.values()
            for attack in attacks
        }
    )
)
MACHINE_ATTACKS: Final[
    Mapping[str, Callable[[machine.Scene, Random, float], Awaitable[list[str]]]]
] = MappingProxyType(
    {attack.__name__: attack for attacks in machine.ATTACKS.values() for attack in attacks}
)
_LINES: Final = {
    attack.__name__: line
    for lines in (messages.ATTACKS, connections.ATTACKS, machine.ATTACKS)
    for line, attacks in lines.items()
    for attack in attacks
}
NAMES: Final = tuple(_LINES)
FLOODS: Final = tuple(each.__name__ for each in messages.ATTACKS["A2"])
"""What an admitted node can send too much of."""
SHORTEST: Final = 3.0
LONGEST: Final = 8.0


@dataclass(frozen=True, slots=True)
class Step:
    """One attack of a schedule; everything about it follows from the seed."""

    number: int
    name: str
    seconds: float
    seed: int

    @property
    def line(self) -> str:
        """The line of the issue, or `kill`."""
        return _LINES[self.name]

    @property
    def sentence(self) -> str:
        """What is done."""
        attack = HOSTILE_ATTACKS.get(self.name) or MACHINE_ATTACKS[self.name]
        return (inspect.getdoc(attack) or "").partition("\n")[0]


def schedule(seed: int, only: str | None = None) -> Iterator[Step]:
    """Steps without end: all attacks in random order, then all again; kills come in between."""
    choose = Random(seed)
    kills = [each.__name__ for each in machine.ATTACKS["kill"]]
    names = [only] if only else [name for name in NAMES if name not in kills]
    numbers = itertools.count(1)

    def step(name: str) -> Step:
        seconds = round(choose.uniform(SHORTEST, LONGEST), 1)
        return Step(next(numbers), name, seconds, choose.getrandbits(48))

    while True:
        choose.shuffle(names)
        for name in names:
            yield step(name)
            if not only and choose.random() < 1 / 2:
                yield step(choose.choice(kills))
