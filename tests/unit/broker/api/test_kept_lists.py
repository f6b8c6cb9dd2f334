# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A list is made once for all its pages, for whoever asked, and not for ever."""

from __future__ import annotations

from collections import Counter

import pytest

from broker.api.kept_lists import SECONDS, KeptLists
from broker.api.paging import Page, page_of
from itmo.clearing.v1 import meta_registry_service_pb2 as pb


class Lists:
    """Lists of whole numbers, and how often each was made."""

    def __init__(self, most: int = 1_000) -> None:
        self.now = 0.0
        self.made: Counter[tuple[str, str]] = Counter()
        self.kept = KeptLists(lambda: self.now, most)
        self.rows = 25

    async def page(self, node: str, token: str, host: str = "THA") -> tuple[list[int], str]:
        asked: Page = page_of(
            pb.ListFirstTransferredIdsRequest(host=host, page_size=10, page_token=token)
        )

        async def make() -> list[int]:
            self.made[node, host] += 1
            return list(range(self.rows))

        found = await self.kept.get(node, asked, make, len)
        end = asked.offset + asked.size
        return found[asked.offset : end], asked.token(str(end)) if end < len(found) else ""

    async def walk(self, node: str, host: str = "THA") -> list[int]:
        found, token = await self.page(node, "", host)
        while token:
            more, token = await self.page(node, token, host)
            found += more
        return found


async def test_a_list_is_made_once_for_all_its_pages() -> None:
    lists = Lists()
    assert await lists.walk("tha") == list(range(25))
    assert lists.made == {("tha", "THA"): 1}
    await lists.walk("tha")
    assert lists.made == {("tha", "THA"): 2}, "a first page shows what is true now"


async def test_the_pages_of_a_list_show_one_moment() -> None:
    lists = Lists()
    _, token = await lists.page("tha", "")
    lists.rows = 12
    assert len((await lists.page("tha", token))[0]) == 10
    lists.now = SECONDS + 1
    assert len((await lists.page("tha", token))[0]) == 2, "it was made too long ago"


async def test_asking_again_and_again_keeps_no_list_alive() -> None:
    lists = Lists()
    _, token = await lists.page("tha", "")
    for lists.now in (0.6 * SECONDS, 1.2 * SECONDS):
        await lists.page("tha", token)
    assert lists.made == {("tha", "THA"): 2}


@pytest.mark.parametrize(("node", "host"), [("che", "THA"), ("tha", "CHE")])
async def test_nobody_is_shown_another_list(node: str, host: str) -> None:
    lists = Lists()
    await lists.page("tha", "")
    _, token = await lists.page(node, "", host)
    await lists.page(node, token, host)
    assert lists.made == {("tha", "THA"): 1, (node, host): 1}


async def test_what_is_kept_is_bounded() -> None:
    lists = Lists(most=60)
    tokens = {node: (await lists.page(node, ""))[1] for node in ("a", "b", "c")}
    for node in ("c", "b", "a"):  # the one asked for longest ago is gone
        await lists.page(node, tokens[node])
    assert [lists.made[node, "THA"] for node in ("a", "b", "c")] == [2, 1, 1]
    lists.rows = 61
    await lists.walk("d")
    assert lists.made["d", "THA"] == 7, "it is longer than all that is kept"


async def test_a_list_that_was_shown_to_its_end_is_let_go() -> None:
    lists = Lists(most=30)
    await lists.walk("a")
    _, token = await lists.page("b", "")
    await lists.page("b", token)
    assert lists.made["b", "THA"] == 1
    assert len(lists.kept._lists) == 1
