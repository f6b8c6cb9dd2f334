# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units at the edge of what can be numbered: a naive model says what is refused, and what all adds up to."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Final

import pytest
from hypothesis import given as given_steps
from hypothesis import settings
from hypothesis import strategies as st

from broker.reports.paris.balances import balance
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.limits import MAX_UNITS
from itmo.paris.v1 import parties_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    held,
    issuance,
    receipt_of,
    trading_world,
    transfer,
    use,
)

EDGES: Final = (
    100_001, 100_002, 10**6, 10**13, MAX_UNITS // 2, MAX_UNITS - 1, MAX_UNITS, MAX_UNITS + 1,
    2**62, 2**63 - 2,
)  # fmt: skip
"""Where cells of units begin; those from MAX_UNITS + 1 on cannot exist."""
CELLS: Final = len(EDGES) - 1
HELD: Final = {
    "tha": make_account_id(RegistryId("THA01"), 100, 1),
    "che": make_account_id(RegistryId("CHE01"), 100, 1),
    "used": make_account_id(RegistryId("CHE01"), 200, 1),
}
VINTAGE: Final = 2022
BEFORE: Final = 100_000
"""Units that Thailand holds when it begins."""

_SPANS: Final = st.tuples(st.integers(0, CELLS - 1), st.integers(0, 3)).map(
    lambda pair: (pair[0], min(sum(pair), CELLS - 1))
)
_TONNES: Final = st.sampled_from(
    [0, 1, -1, MAX_UNITS, -MAX_UNITS, MAX_UNITS + 1, -MAX_UNITS - 1, 2**62, 2**63 - 1, -(2**63)]
)
_STEPS: Final = st.one_of(
    st.tuples(st.sampled_from(["issue", "give", "use", "back"]), _SPANS),
    st.tuples(st.just("inventory"), _TONNES.map(lambda tonnes: (tonnes, 0))),
)


@dataclass
class Model:
    """Who holds each cell, and the last inventory: nothing else matters here."""

    cells: dict[int, str] = field(default_factory=dict)
    inventory: int | None = None
    given: list[tuple[int, int]] = field(default_factory=list)
    """Spans of transfers that were not reversed, oldest first."""

    def last_given(self) -> tuple[int, int] | None:
        return self.given[-1] if self.given else None

    def takes(self, deed: str, first: int, last: int) -> bool:
        """Whether a step is possible; if it is, it is made."""
        if deed == "inventory":
            possible = abs(first) <= MAX_UNITS
            self.inventory = first if possible else self.inventory
            return possible
        if deed == "back":
            if not self.given or any(
                self.cells[c] != "che" for c in range(self.given[-1][0], self.given[-1][1] + 1)
            ):
                return False
            low, high = self.given.pop()
            self.cells.update(dict.fromkeys(range(low, high + 1), "tha"))
            return True
        span = range(first, last + 1)
        before, after = {"issue": (None, "tha"), "give": ("tha", "che"), "use": ("che", "used")}[
            deed
        ]
        if EDGES[last + 1] - 1 > MAX_UNITS or any(self.cells.get(c) != before for c in span):
            return False
        self.cells.update(dict.fromkeys(span, after))
        if deed == "give":
            self.given.append((first, last))
        return True

    def units(self, *holders: str) -> int:
        return sum(EDGES[c + 1] - EDGES[c] for c, holder in self.cells.items() if holder in holders)


async def reverse(world: ClearingWorld, given: list[str], low: int, high: int) -> bool:
    """Takes the last transfer back; the operator agrees to what is asked."""
    with contextlib.suppress(ProtocolError):  # it agreed before
        await world.operator.state(
            PayloadKind.REVERSAL_STATEMENT,
            statements_pb2.ReversalStatement(transaction_id=given[-1], reason="wrong units"),
        )
    wanted = transfer(
        world, low, high, giver="CHE01", taker="THA01",
        kind=proposal_pb2.TRANSACTION_TYPE_REVERSAL,
    )  # fmt: skip
    wanted.reverses = given[-1]
    if (await world.senders["che"].propose(wanted)).state != decision_pb2.STATE_VALIDATED:
        return False
    given.pop()
    return (await world.senders["tha"].accept(wanted.transaction_id)).effective


async def step(
    world: ClearingWorld, model: Model, given: list[str], deed: str, first: int, last: int
) -> bool:
    """Whether the clearing-house took a step to its end."""
    tha, che = world.senders["tha"], world.senders["che"]
    if deed == "inventory":
        stated = parties_pb2.InventoryStatement(party="THA")
        stated.years.add(year=VINTAGE, tonnes=first)
        return receipt_of(await tha.say(PayloadKind.INVENTORY_STATEMENT, stated)).effective
    if deed == "back":
        span = model.last_given()
        if span is None:
            return False  # nothing to name
        return await reverse(world, given, EDGES[span[0]], EDGES[span[1] + 1] - 1)
    low, high = EDGES[first], EDGES[last + 1] - 1
    if deed == "issue":
        made = await tha.propose(issuance(world, "THA01", low, high))
        return made.state == decision_pb2.STATE_COMPLETED
    if deed == "use":
        made = await che.propose(use(world, low, high, VINTAGE))
        return made.state == decision_pb2.STATE_COMPLETED
    wanted = transfer(world, low, high)
    if (await tha.propose(wanted)).state != decision_pb2.STATE_VALIDATED:
        return False
    given.append(wanted.transaction_id)
    return (await che.accept(wanted.transaction_id)).effective


@pytest.mark.slow
@given_steps(st.lists(_STEPS, max_size=14))
@settings(max_examples=25, deadline=None)
def test_refusals_and_sums_are_those_of_the_model(
    steps: list[tuple[str, tuple[int, int]]],
) -> None:
    async def play() -> None:
        world, model, given = await trading_world(), Model(), list[str]()
        for deed, (first, last) in steps:
            took = await step(world, model, given, deed, first, last)
            assert took == model.takes(deed, first, last), deed
        assert held(world, HELD["tha"]) == BEFORE + model.units("tha")
        assert held(world, HELD["che"]) == model.units("che")
        assert held(world, HELD["used"]) == model.units("used")
        moved = model.units("che", "used")
        host = balance(world.connection, "THA", VINTAGE)
        user = balance(world.connection, "CHE", VINTAGE)
        assert (host.first_transferred, user.used) == (moved, model.units("used"))
        if model.inventory is not None:
            assert host.inventory == model.inventory
        assert broken_invariants(world.connection) == []

    asyncio.run(play())


def test_every_kind_of_step_is_possible_with_all_the_units_there_are() -> None:
    async def play() -> None:
        world, model, whole = await trading_world(), Model(), (0, EDGES.index(MAX_UNITS + 1) - 1)
        given: list[str] = []
        for deed in ("issue", "give", "back", "give", "use"):
            assert await step(world, model, given, deed, *whole)
            assert model.takes(deed, *whole)
        assert held(world, HELD["used"]) == MAX_UNITS - BEFORE
        assert broken_invariants(world.connection) == []

    asyncio.run(play())
