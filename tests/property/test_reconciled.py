# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Books of random stories agree with the record at every moment, and what is changed in them is found."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.clearing.reconciliation.comparing import differences
from broker.known_regimes import ALL_REGIMES
from broker.verifying.verify import verify
from itmo import books
from itmo.books import Entry, Part, Place, Portion
from registry_node.store.rows import ReconciliationOutcome
from scenarios.acting import Stage
from scenarios.network import PlayedNetwork
from scenarios.reading import read
from scenarios.world import set_up
from tests.kit.random_stories import stories
from tests.kit.reconciliation import reconcile_all

PARTS = [Part(account, 100, "paris", kind) for account in ("a", "b") for kind in ("x", "y")]


# -- a naive model of single units ----------------------------------------------------------------

units = st.dictionaries(
    st.tuples(st.sampled_from(["CHE01", "THA01"]), st.integers(1, 40)),
    st.tuples(st.sampled_from(PARTS), st.sampled_from([bytes(32), b"1" * 32])),
    max_size=60,
)
places = st.none() | st.builds(Place, st.sampled_from(["CHE01", "THA01"]), st.integers(1, 41))
Units = dict[tuple[str, int], tuple[Part, bytes]]


def cut(found: Units, random: Random) -> list[Entry]:
    """The units as entries, cut at random and in any order: as two programs may keep them."""
    entries: list[Entry] = []
    for (registry, serial), (part, content) in sorted(found.items()):
        before = entries[-1] if entries else None
        if (
            before is not None
            and random.random() < 0.7
            and (before.registry, before.last + 1, before.part, before.content)
            == (registry, serial, part, content)
        ):
            entries[-1] = Entry(registry, before.first, serial, part, content)
        else:
            entries.append(Entry(registry, serial, serial, part, content))
    random.shuffle(entries)
    return entries


def within(place: tuple[str, int], portion: Portion) -> bool:
    at = Place(*place)
    return (portion.since is None or at >= portion.since) and (
        portion.until is None or at < portion.until
    )


@given(units, units, places, places, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_digests_and_differences_are_those_of_single_units(
    one: Units, other: Units, since: Place | None, until: Place | None, random: Random
) -> None:
    portion = Portion(since, until)
    own, again = (books.books(cut(one, random), portion) for _ in range(2))
    assert own == again, "however they are cut, books have one form"
    theirs = books.books(cut(other, random), portion)
    one, other = ({k: v for k, v in each.items() if within(k, portion)} for each in (one, other))
    assert (books.digest(own) == books.digest(theirs)) == (one == other)
    totals = books.totals(own)
    assert sum(each.quantity for each in totals.values()) == len(one)
    expected = {k for k in {*one, *other} if one.get(k) != other.get(k)}
    found = differences(own, theirs)
    assert {(each.registry, at) for each in found for at in range(each.first, each.last + 1)} == (
        expected
    )
    for each in found:
        place = (each.registry, each.first)
        kind = (
            "MISSING"
            if place not in other
            else "SURPLUS"
            if place not in one
            else "ACCOUNT"
            if one[place][0].account_id != other[place][0].account_id
            else "CONTENT"
        )
        assert each.kind == kind
    named = books.blocks_from_proto(books.blocks_to_proto(books.by_part(own)))
    assert books.books(entry for listed in named.values() for entry in listed) == own


# -- real programs --------------------------------------------------------------------------------


@pytest.mark.slow
@given(content=stories(most=12), random=st.randoms(use_true_random=False))
@settings(max_examples=4, deadline=None)
def test_books_of_a_random_story_agree_whenever_they_are_compared(
    content: bytes, random: Random
) -> None:
    asyncio.run(_compared_throughout(content, random))


@pytest.mark.slow
@given(content=stories(most=40), random=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_books_of_many_random_stories_agree_whenever_they_are_compared(
    content: bytes, random: Random
) -> None:
    asyncio.run(_compared_throughout(content, random))


async def _compared_throughout(content: bytes, random: Random) -> None:
    """Comparisons begin and go on at any moment of the story, with transfers under way."""
    scenario = read("story.yaml", content)
    network = PlayedNetwork(scenario.nodes, scenario.clock)
    try:
        problems, accounts = await set_up(network, scenario)
        assert not problems
        stage = Stage(network, scenario, accounts)
        for step in scenario.steps:
            for member in network.members.values():
                node = member.node
                assert node is not None
                if random.random() < 0.3:
                    await node.reconcile(random.choice(member.spec.registries))
                if random.random() < 0.5:
                    await node.pump_reconciliations()
            await stage.act(step)
        network.clock.advance(timedelta(days=1))
        for each in (await reconcile_all(network)).values():
            assert each.cases == ()
            assert each.last is not None
            assert each.last.outcome is ReconciliationOutcome.AGREED
        begun = network.database.execute("SELECT DISTINCT outcome FROM reconciliation").fetchall()
        assert set(begun) <= {("AGREED",), (None,)}
        assert verify(network.database, lambda _: None, ALL_REGIMES).problems == ()
        await _meddled(network, random)
    finally:
        await network.close()


async def _meddled(network: PlayedNetwork, random: Random) -> None:
    """One row of one node goes: exactly its units are found to be missing."""
    member = random.choice([each for each in network.members.values() if each.spec.registries])
    rows = await member.store.read(
        lambda db: db.execute("SELECT registry, first, last FROM holding").fetchall()
    )
    if not rows:
        return
    registry, first, last = random.choice(rows)
    await member.store.run(
        lambda db: db.execute(
            "DELETE FROM holding WHERE registry = ? AND first = ?", (registry, first)
        )
    )
    network.clock.advance(timedelta(days=1))
    await reconcile_all(network)
    held = network.database.execute("SELECT registry, first, last, kind FROM quarantine").fetchall()
    assert held == [(registry, first, last, "MISSING")]
