# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units in the mechanism registry, as the Party's own registry pulls and views them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from broker.reports.paris import meta_answers
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.core.v1 import units_pb2
from itmo.lifecycle import State
from itmo.nomenclature import MECHANISM_APPROACH
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import sharing_service_pb2 as api
from registry_node.api.sharing_service import SharingServicer
from registry_node.commands.mirror import STALE_AFTER
from registry_node.mirroring import Pulled, pull
from registry_node.service import RegistryNode
from scenarios.acting import Stage
from scenarios.network import PlayedNetwork
from scenarios.reading import read
from scenarios.world import set_up
from tests.api.test_meta_registry import HouseMeta
from tests.kit import wishes

STORY = b"""
scenario: Korea holds units in the mechanism registry
clock: 2026-03-01T00:00:00Z
nodes:
  mr: {kind: mechanism, registries: [XMR01]}
  mmr: {kind: national, registries: [MMR01]}
  kor: {kind: national, registries: [KOR01]}
cooperative_approaches:
  CA000001: {parties: [MMR, KOR], sectors: [Energy generation], activity_types: [Energy Efficiency households]}
accounts:
  pending: {registry: XMR01, type: 100, role: pending}
  adaptation-fund: {registry: XMR01, type: 100, role: adaptation-fund}
  omge: {registry: XMR01, type: 310, role: mandatory-omge}
  korea: {registry: XMR01, type: 100, party: KOR}
  retired: {registry: XMR01, type: 200, party: KOR, ndc: [2021, 2030]}
  plain: {registry: KOR01, type: 100}
  elsewhere: {registry: KOR01, type: 100}
steps:
  - authorize: {id: MM-1, party: MMR, cooperative_approach: CA000001, purposes: [NDC], parties: [KOR], vintages: [2022, 2030]}
  - issue_mechanism: {id: i1, activity: PoA 10471, host: MMR, quantity: 10000, vintage: 2022, authorization: MM-1}
  - transfer: {id: f1, from: pending, to: korea, blocks: [{registry: XMR01, first: 701, last: 2000}]}
  - use: {id: u1, from: korea, to: retired, year: 2024, blocks: [{registry: XMR01, first: 701, last: 800}]}
  - transfer: {id: home, from: korea, to: plain, blocks: [{registry: XMR01, first: 801, last: 1000}]}
  - accept: home
"""
BEFORE_HOME = 4


@dataclass
class Story:
    """Korea's node, and what the clearing-house answers it."""

    network: PlayedNetwork
    stage: Stage
    accounts: dict[str, str]
    page_size: int = 1000
    unrest: int = 0
    """So many times a decision falls after the first page."""

    @property
    def korea(self) -> RegistryNode:
        return self.network.node("kor")

    async def ask(self, request: pb.ListUnitsRequest, node: str = "kor") -> pb.ListUnitsResponse:
        answer = meta_answers.list_units(self.network.database, node, request.cooperative_approach)
        at = int(request.page_token or 0)
        end = at + self.page_size
        page = pb.ListUnitsResponse(units=answer.units[at:end], log_size=answer.log_size)
        if end < len(answer.units):
            page.next_page_token = str(end)
        if at and self.unrest:
            self.unrest -= 1
            page.log_size += 1
        return page

    async def mirror(self) -> Pulled:
        pulled = await pull(self.ask, MECHANISM_APPROACH)
        await self.korea.mirror(pulled.positions, pulled.log_size)
        return pulled

    async def first_serials(self) -> list[int]:
        return [row.first for row in await self.korea.mirrored()]


@asynccontextmanager
async def played() -> AsyncIterator[Story]:
    """The story up to where the units go home."""
    scenario = read("story.yaml", STORY)
    network = PlayedNetwork(scenario.nodes, scenario.clock)
    try:
        problems, accounts = await set_up(network, scenario)
        assert not problems
        stage = Stage(network, scenario, accounts)
        for step in scenario.steps[:BEFORE_HOME]:
            acted = await stage.act(step)
            assert acted.state is State.COMPLETED, acted
        yield Story(network, stage, dict(accounts))
    finally:
        await network.close()


async def test_a_party_sees_what_is_held_for_it_and_nobody_else_does() -> None:
    async with played() as story:
        pulled = await story.mirror()
        assert await story.first_serials() == [701, 801]
        (leaves,) = story.network.database.execute("SELECT count(*) FROM log_leaf").fetchone()
        assert {row.log_size for row in await story.korea.mirrored()} == {pulled.log_size}
        assert pulled.log_size == leaves
        request = pb.ListUnitsRequest(cooperative_approach=MECHANISM_APPROACH)
        assert not (await story.ask(request, "mmr")).units, "the host does not see where they are"
        meta = HouseMeta(story.network.database, "kor")
        asked = pb.GetUnitHistoryRequest(registry="XMR01", serial=750)
        history = await meta.unit_history(asked)
        assert [each.type for each in history.actions] == ["ISSUANCE", "TRANSFER", "USE"]


async def test_mirrored_units_are_not_moved_in_two_places() -> None:
    async with played() as story:
        await story.mirror()
        assert await story.korea.holdings() == []
        block = units_pb2.UnitBlock(registry="XMR01", first=801, last=900)
        wish = wishes.transfer(story.accounts["plain"], story.accounts["elsewhere"], [block])
        with pytest.raises(ProtocolError, match="only mirrored here"):
            await story.korea.propose(wish)
        submitted = await story.korea.propose(wish, unchecked=True)
        await story.network.settle()
        told = await story.korea.story(submitted.transaction_id)
        assert told.transaction.state is State.INVALIDATED
        assert "ID_KNOWN_AND_HELD" in {each.check_id for each in told.findings if each.found}


async def test_units_that_came_home_move_although_an_older_pull_shows_them_elsewhere() -> None:
    async with played() as story:
        await story.mirror()
        for step in read("story.yaml", STORY).steps[BEFORE_HOME:]:
            await story.stage.act(step)
        assert await story.first_serials() == [701, 801], "nobody pulled since"
        block = units_pb2.UnitBlock(registry="XMR01", first=801, last=1000)
        wish = wishes.transfer(story.accounts["plain"], story.accounts["elsewhere"], [block])
        submitted = await story.korea.propose(wish)
        await story.network.settle()
        told = await story.korea.story(submitted.transaction_id)
        assert told.transaction.state is State.COMPLETED
        await story.mirror()
        assert await story.first_serials() == [701, 1001]


async def test_a_pull_grows_stale() -> None:
    async with played() as story:
        await story.mirror()
        servicer = SharingServicer(story.korea, HouseMeta(story.network.database, "kor"))

        async def stale() -> set[bool]:
            answer = await servicer.ListMirrored(api.ListMirroredRequest(), None)  # type: ignore[arg-type]  # it looks at no context
            return {each.stale for each in answer.units}

        await story.network.move_to(story.network.clock.now() + STALE_AFTER)
        assert await stale() == {False}
        await story.network.move_to(story.network.clock.now() + timedelta(seconds=1))
        assert await stale() == {True}


async def test_pages_of_different_moments_are_not_put_together() -> None:
    async with played() as story:
        story.page_size, story.unrest = 1, 2
        assert len((await story.mirror()).positions) == 2
        assert story.unrest == 0
        story.unrest = 99
        with pytest.raises(ProtocolError) as refused:
            await story.mirror()
        assert refused.value.reason is Reason.OVERLOADED
        assert await story.first_serials() == [701, 801], "the last pull stays"
