# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The attacker's process: `python -m tests.attacks.hostile JSON` plays one attack and ends by itself.

It runs at the lowest priority: what is measured is what the broker spends on an attack, not what
two cores lose to the attacker's own Python.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import grpc

from itmo.runtime.rpc.errors import from_rpc_error
from tests.attacks.identities import HOSTILE
from tests.conformance.speaking import Speaker


@dataclass
class Hostile:
    """Who attacks: where the broker is, for how long, and what chance says.

    Attributes:
        home: The folders of the network; the attacker holds those of its own node.
        address: Where the broker listens.
        seconds: How long the attack lasts.
        number: Place in the schedule; two attacks never use the same serial numbers or names.
        choose: Chance, from the seed and the place in the schedule.
        tries: How often something was done, for the report.
        seen: What the broker said to the attacker, counted.
    """

    home: Path
    address: str
    seconds: float
    number: int
    choose: Random
    tries: int = 0
    seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.seconds

    def left(self) -> float:
        """Seconds until the attack is over."""
        return self._until - time.monotonic()

    def goes_on(self) -> bool:
        """Whether the attack is not over yet."""
        return self.left() > 0

    async def rest(self) -> None:
        """Waits until the attack is over."""
        await asyncio.sleep(max(0.0, self.left()))

    async def speaker(self) -> Speaker:
        """Speaks as the hostile node, from where its chain stands."""
        speaker = HOSTILE.speaker(self.home, self.address)
        await self.catch_up(speaker)
        return speaker

    async def catch_up(self, speaker: Speaker) -> None:
        """Takes the chain from where the broker has it, once the broker has time for the question."""
        while self.goes_on():
            try:
                await speaker.catch_up()
                return
            except grpc.aio.AioRpcError as error:
                self.saw(from_rpc_error(error).reason)
                await asyncio.sleep(0.02)

    def saw(self, what: str) -> None:
        """Counts an answer."""
        self.tries += 1
        self.seen[what] = self.seen.get(what, 0) + 1


def main(told: dict[str, Any]) -> None:
    """Plays the attack that is named, and prints what was tried and seen."""
    from tests.attacks.catalogue import HOSTILE_ATTACKS

    os.nice(19)
    hostile = Hostile(
        home=Path(told["home"]),
        address=told["address"],
        seconds=told["seconds"],
        number=told["number"],
        choose=Random(told["seed"]),
    )
    print("begun", flush=True)
    began = time.monotonic(), time.process_time()
    asyncio.run(HOSTILE_ATTACKS[told["attack"]](hostile))
    core = (time.process_time() - began[1]) / (time.monotonic() - began[0])
    print(json.dumps({"tries": hostile.tries, "seen": hostile.seen, "core": round(core, 3)}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
