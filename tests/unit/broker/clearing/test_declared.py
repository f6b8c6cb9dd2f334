# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A regime is told what it declared that it needs, whatever else its group loaded, and all of that."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from broker.clearing.decision.books import GroupKnown, NotLoaded
from broker.clearing.decision.world import World
from broker.clearing.path.received import Received
from broker.regime.postings import Lookup
from broker.regime.regime import Key, Needs, NotDeclared
from broker.regime.stated import Stated
from broker.store import loading
from itmo.core.v1 import proposal_pb2
from itmo.paris.v1 import authorization_pb2, terms_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    APPROACH,
    ClearingWorld,
    authorize,
    failed,
    issuance,
    receipt_of,
    trading_world,
    transfer,
    verdict_of,
)

KEY = Key("toy", "kind", "A:1")
WIDER = Key("toy", "kind", "A")


def _known(loaded: Needs, declared: Needs) -> GroupKnown:
    world = cast(
        "World", type("_", (), {"loaded": loaded, "within": {}, "stated": Stated({KEY: ("told",)})})
    )
    return GroupKnown(world, declared)


def test_what_was_not_declared_is_not_told_though_it_was_loaded() -> None:
    loaded = Needs(stated={KEY}, histories={KEY}, stated_under={WIDER}, tallies={"t"})
    lookup = Lookup("space", "name", 1, 2)
    known = _known(loaded, Needs())
    for ask in (
        lambda: known.stated(KEY),
        lambda: known.history(KEY),
        lambda: known.under(WIDER),
        lambda: known.tally("t"),
        lambda: known.designated("THA"),
        lambda: known.found(lookup),
        lambda: known.told(lookup),
    ):
        with pytest.raises(NotDeclared):
            ask()
    assert _known(loaded, Needs(stated={KEY})).stated(KEY) == "told"


def test_what_was_declared_and_not_loaded_is_loaded_before_anything_is_judged() -> None:
    with pytest.raises(NotLoaded) as missing:
        _known(Needs(), Needs(tallies={"t"}))
    assert missing.value.needs.tallies == {"t"}


def test_what_lies_under_a_key_is_what_was_looked_up_there_and_stated_since() -> None:
    other = Key("toy", "kind", "A:2")
    stated = Stated({KEY: ("one",), other: ("two",)}, {WIDER: [KEY]})
    assert list(stated.under(WIDER)) == [(KEY, "one")], "and not what others of the group needed"
    new = Key("toy", "kind", "A:3")
    stated.state(new, "three", 7, "m")
    stated.state(Key("another", "kind", "A:4"), "four", 7, "m")
    stated.state(Key("toy", "kind", "AB:5"), "five", 7, "m")
    assert list(stated.under(WIDER)) == [(KEY, "one"), (new, "three")]


async def _letters(world: ClearingWorld) -> None:
    """A letter that names another entity, and one for the entity that will act."""
    tha = world.senders["tha"]
    await authorize(tha, authorization_id="B", entities=["Somebody"])
    letter = authorization_pb2.AuthorizationStatement(
        authorization_id="C",
        version=1,
        party="THA",
        cooperative_approach=APPROACH,
        vintages=terms_pb2.YearSpan(first=2022, last=2030),
        date="2023-08-01",
        kinds=[authorization_pb2.AUTHORIZATION_KIND_ENTITIES],
        entities=["KliK"],
    )
    stated = receipt_of(await tha.say(PayloadKind.AUTHORIZATION_STATEMENT, letter))
    assert stated.effective, stated.refusal


def _issued_and_sold(world: ClearingWorld) -> list[proposal_pb2.ProposedTransaction]:
    issued = issuance(world, "THA01", 200_001, 200_100)
    issued.blocks[0].attributes.paris.authorization.id = "B"
    sold = transfer(world, 200_001, 200_010)
    sold.terms.paris.entity = "KliK"
    return [issued, sold]


async def test_an_entity_acts_with_units_that_its_own_group_issues(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The letters of the host are needed once the units are there: group or not, the same comes of it."""
    found: list[list[dict[str, str]]] = []
    looked: list[int] = []
    load = loading.Loader.load

    def counted(self: loading.Loader, group: Sequence[Received], *args: Any) -> World:  # noqa: ANN401  # handed on
        looked.append(len(group))
        return load(self, group, *args)

    monkeypatch.setattr(loading.Loader, "load", counted)
    for together in (False, True):
        world = await trading_world()
        await _letters(world)
        tha = world.senders["tha"]
        sent = [
            tha.chain.sign(
                PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=each), world.clock.now()
            )
            for each in _issued_and_sold(world)
        ]
        looked.clear()
        if together:
            answers = await asyncio.gather(*(world.house.submit(tha.node, each) for each in sent))
        else:
            answers = [await world.house.submit(tha.node, each) for each in sent]
        found.append([failed(verdict_of(each).results[0]) for each in answers])
        await world.house.stop()
    assert found == [[{}, {}], [{}, {}]]
    assert looked[:3] == [2, 1, 1], "the second one was put off, and decided by itself"


async def test_an_entity_acts_with_units_that_its_own_batch_issues() -> None:
    world = await trading_world()
    await _letters(world)
    tha = world.senders["tha"]
    issued, moved = _issued_and_sold(world)
    moved.to_registry = "THA01"
    moved.to_account = await world.open_account(tha, "THA01", 100, 2)
    batch = proposal_pb2.ProposalBatch(transactions=[issued, moved])
    verdict = verdict_of(await tha.say(PayloadKind.PROPOSAL_BATCH, batch))
    assert [failed(each) for each in verdict.results] == [{}, {}]
    await world.house.stop()
