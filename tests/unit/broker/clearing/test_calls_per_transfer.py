# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transfer takes no more calls of our functions than it took, so that none makes it dearer unnoticed.

Time cannot be compared from one machine to the next; calls can, and a call with what is done in it
takes about half a microsecond. What is counted hardly differs between the versions of Python that are
supported: our own functions and generators, without comprehensions (which are calls before 3.12
only), and the copies of frozen rows; under 3.13 there are eleven fewer than under 3.11 and 3.12. Calls
of libraries and of functions written in C are not counted.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

import broker
import itmo
from broker.clearing.path.house import Answer
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.envelope import Envelope
from itmo.payloads import PayloadKind
from tests.kit.clearing import ClearingWorld, receipt_of, trading_world, transfer

ALONE: Final = 1_312
"""Calls of a transfer whose proposal and acceptance are decided each by itself, when this was written."""
TOGETHER: Final = 604
"""Of one of sixteen that are decided together."""
MARGIN: Final = 1.05
"""What is above it is a change that ought to be meant: then the figure is changed with it."""
WARM: Final = 32
"""Transfers after which everything is kept that is kept."""
COUNTED: Final = 32
_OURS: Final = tuple(str(Path(str(each.__file__)).parent) for each in (broker, itmo))
_COMPREHENSIONS: Final = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>"})


class Calls:
    """Counts calls of Python functions of ours, and copies of dataclasses."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:  # noqa: ANN401  # as Python has it
        if event != "call":
            return
        code = frame.f_code
        ours = code.co_filename.startswith(_OURS) and code.co_name not in _COMPREHENSIONS
        copied = code.co_name == "replace" and code.co_filename.endswith("dataclasses.py")
        self.count += ours or copied


@contextmanager
def counting() -> Iterator[Calls]:
    """Counts the calls of this thread."""
    calls, before = Calls(), sys.getprofile()
    sys.setprofile(calls)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def _signed(world: ClearingWorld, first: int) -> tuple[Envelope, Envelope]:
    """A transfer of ten units, proposed and accepted."""
    tha, che, now = world.senders["tha"], world.senders["che"], world.clock.now()
    transaction = transfer(world, first, first + 9)
    proposal = tha.chain.sign(
        PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transaction), now
    )
    acceptance = proposal_pb2.Acceptance(
        transaction_id=transaction.transaction_id,
        proposal_hash=hashlib.sha256(proposal.payload).digest(),
    )
    return proposal, che.chain.sign(PayloadKind.ACCEPTANCE, acceptance, now)


async def _clear(world: ClearingWorld, signed: Sequence[tuple[Envelope, Envelope]]) -> list[Answer]:
    """Submits proposals together, then their acceptances; returns the answers to these."""
    house, tha, che = world.house, world.senders["tha"].node, world.senders["che"].node
    await asyncio.gather(*(house.submit(tha, each) for each, _ in signed))
    return await asyncio.gather(*(house.submit(che, each) for _, each in signed))


@pytest.mark.on_sqlite(
    "the figures are those of a file's path; a driver calls as often as the server lets it wait"
)
@pytest.mark.parametrize(("together", "most"), [(1, ALONE), (16, TOGETHER)])
async def test_a_transfer_takes_as_few_calls_as_it_took(together: int, most: int) -> None:
    world = await trading_world()
    signed = [_signed(world, 1 + 10 * place) for place in range(WARM + COUNTED)]
    for start in range(0, WARM, together):
        await _clear(world, signed[start : start + together])
    answers: list[Answer] = []
    with counting() as calls:
        for start in range(WARM, WARM + COUNTED, together):
            answers += await _clear(world, signed[start : start + together])
    await world.house.stop()
    states = [receipt_of(each).state for each in answers]
    assert states == [decision_pb2.STATE_COMPLETED] * COUNTED
    each = calls.count / COUNTED
    assert each <= most * MARGIN, f"{each:.0f} calls for each transfer; expected about {most}"
