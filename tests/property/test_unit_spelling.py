# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Ids in any spelling are one unit, and a unit backs one other, whatever is claimed in which order."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.rulebook.paris.attributes import Underlying
from broker.rulebook.paris.underlying import underlying_range
from itmo.core.v1 import decision_pb2
from itmo.paris.v1 import attributes_pb2
from itmo.underlying import UnderlyingRange, unit_id
from itmo.unit_spelling import NotReadError, normal_text
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import ClearingWorld, issuance, trading_world
from tests.kit.drawn import drawn

DASHES = ("-", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212", "\uff0d", " - ", "--", "_", " /")
EDGES = ("", " ", "\t", "\u00a0", ".", "'", "\u200b", '"')
NAMES = {
    "GS": ("GS", "gs", "Gold Standard", "gold-standard"),
    "T-VER": ("T-VER", "TVER", "t ver"),
    "ART": ("ART", "art", "ART TREES"),
    "JCM": ("JCM", "jcm", "Joint Crediting Mechanism"),
}
PATTERNS = {
    "GS": "GS1-1-TH-GS{}-12-2022-{}-{}",
    "T-VER": "TH1-BCH-S{}-57-{}-{}-1-0",
    "ART": "ART-GY-{}-2021-{}-{}",
    "JCM": "JP-TH-{}-{}-{}",
}
SEPARATORS = (",", ".", "'", " ", "\u2019")


@st.composite
def spelled(draw: st.DrawFn, programme: str, numbers: tuple[int, ...]) -> str:
    """An id as somebody might write it."""

    def written(value: int) -> str:
        if value > 999 and draw(st.booleans()):
            return f"{value:,}".replace(",", draw(st.sampled_from(SEPARATORS)))
        return "0" * draw(st.integers(0, 2)) + str(value)

    text = PATTERNS[programme].format(*map(written, numbers))
    parts = text.split("-")
    joined = parts[0]
    for part in parts[1:]:
        joined += draw(st.sampled_from(DASHES)) + part
    if draw(st.booleans()):
        joined = joined.lower()
    return draw(st.sampled_from(EDGES)) + joined + draw(st.sampled_from(EDGES))


@st.composite
def units(draw: st.DrawFn) -> tuple[str, tuple[int, ...], int]:
    """A programme, the numbers of an id, and how many units follow."""
    programme = draw(st.sampled_from(sorted(PATTERNS)))
    small = st.integers(1, 999)
    number = st.integers(100_000, 99_999_999) if programme == "T-VER" else st.integers(1, 9_999_999)
    return programme, (draw(small), draw(small), draw(number)), draw(st.integers(0, 5_000))


@drawn(units(), st.data(), few=100, many=300)
def test_a_range_is_the_same_in_any_spelling(
    wanted: tuple[str, tuple[int, ...], int], data: st.DataObject
) -> None:
    programme, numbers, more = wanted
    ends = numbers, (*numbers[:-1], numbers[-1] + more)
    plain = [PATTERNS[programme].format(*each) for each in ends]
    read = underlying_range(Underlying(programme, plain[0], plain[1]))
    assert read is not None
    assert read.quantity == more + 1
    odd = [data.draw(spelled(programme, each)) for each in ends]
    name = data.draw(st.sampled_from(NAMES[programme]))
    assert underlying_range(Underlying(name, odd[0], odd[1])) == read
    one = data.draw(st.integers(0, more))
    alone = data.draw(spelled(programme, (*numbers[:-1], numbers[-1] + one)))
    found = underlying_range(Underlying(name, alone, alone))
    assert found == UnderlyingRange(*read.series, read.first + one, read.first + one)
    assert unit_id(read, read.first + one) == unit_id(found, found.first)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_a_normal_text_stays_as_it_is(text: str) -> None:
    try:
        normal = normal_text(text)
    except NotReadError:
        return
    assert normal_text(normal) == normal
    assert normal_text(f" {normal.lower()}.") == normal


CLAIMS = st.lists(
    st.tuples(
        st.integers(1, 4), st.integers(1, 12), st.integers(1, 4), st.booleans(), st.booleans()
    ),
    min_size=1,
    max_size=12,
)
"""Batch, first number, how many, over batches instead of numbers, spelled otherwise."""


def claimed(
    batch: int, number: int, count: int, *, over_batches: bool, odd: bool
) -> tuple[str, str]:
    ends = [(batch, number), (batch + count - 1, number)]
    if not over_batches:
        ends[1] = (batch, number + count - 1)
    head = "gs1\u20131-th-GS0100-12-2022-" if odd else "GS1-1-TH-GS100-12-2022-"
    return f"{head}{ends[0][0]}-{ends[0][1]}", f"{head}{ends[1][0]}-{ends[1][1]}"


@drawn(CLAIMS, few=10, many=25)
def test_no_unit_is_claimed_twice_and_no_claim_is_a_fault(
    claims: list[tuple[int, int, int, bool, bool]],
) -> None:
    asyncio.run(_claim(claims))


async def _claim(claims: list[tuple[int, int, int, bool, bool]]) -> None:
    world: ClearingWorld = await trading_world()
    tha = world.senders["tha"]
    taken: set[tuple[int, int]] = set()
    serial = 200_001
    for batch, number, count, over_batches, odd in claims:
        made = issuance(world, "THA01", serial, serial + count - 1)
        ids = claimed(batch, number, count, over_batches=over_batches, odd=odd)
        made.blocks[0].attributes.paris.underlying.CopyFrom(
            attributes_pb2.UnderlyingUnits(registry="GS", first_unit_id=ids[0], last_unit_id=ids[1])
        )
        if over_batches:
            wanted = {(batch + each, number) for each in range(count)}
        else:
            wanted = {(batch, number + each) for each in range(count)}
        verdict = await tha.propose(made)
        if verdict.state == decision_pb2.STATE_COMPLETED:
            assert not wanted & taken
            taken |= wanted
            serial += count
        elif not any(each[3] and each[2] > 1 for each in claims):
            assert wanted & taken  # ranges over batches may be refused for what lies between
    assert broken_invariants(world.connection) == []
    await world.house.stop()
