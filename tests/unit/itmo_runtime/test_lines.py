# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Calls wait in a line for each connection, and connections take turns."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itmo.runtime.rpc import lines as module
from itmo.runtime.rpc.lines import Lines


async def taken(lines: Lines[str], count: int) -> list[str]:
    async with asyncio.timeout(1):
        return [await lines.next_in_turn() for _ in range(count)]


async def test_one_call_is_before_the_second_of_anybody_else() -> None:
    lines: Lines[str] = Lines()
    for number in range(20):
        lines.join("many", f"m{number}")
    assert await taken(lines, 2) == ["m0", "m1"]
    lines.join("other", "o0")
    lines.join("third", "t0")
    assert await taken(lines, 4) == ["m2", "o0", "t0", "m3"]
    assert lines.waiting == 16


async def test_who_waits_for_a_call_gets_the_next_that_comes() -> None:
    lines: Lines[str] = Lines()
    for _ in range(2):
        waits = lines.next_in_turn()
        assert not waits.done()
        lines.join("a", "call")
        assert await waits == "call"


async def test_a_connection_set_apart_has_no_turns_until_every_reason_is_gone() -> None:
    lines: Lines[str] = Lines()
    lines.join("a", "a0")
    lines.set_apart("a")
    lines.set_apart("a")
    lines.join("a", "a1")
    lines.join("b", "b0")
    assert await taken(lines, 1) == ["b0"]
    waits = lines.next_in_turn()
    lines.bring_back("a")
    assert not waits.done()
    lines.bring_back("a")
    assert await waits == "a0"
    assert await taken(lines, 1) == ["a1"]


async def test_a_connection_set_apart_with_no_calls_leaves_nothing() -> None:
    lines: Lines[str] = Lines()
    lines.set_apart("a")
    lines.bring_back("a")
    lines.join("a", "a0")
    assert await taken(lines, 1) == ["a0"]
    assert lines.waiting == 0


@pytest.mark.parametrize(
    ("apart", "goes"), [((), "long"), (("held",), "held"), (("held", "empty"), "held")]
)
async def test_where_too_many_wait_the_longest_line_is_dropped_first_of_those_set_apart(
    apart: tuple[str, ...], goes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 6)
    dropped: list[str] = []
    lines: Lines[str] = Lines(dropped.append)
    for peer in apart:
        lines.set_apart(peer)
    for peer, count in (("short", 1), ("held", 2), ("long", 3)):
        for number in range(count):
            lines.join(peer, f"{peer}{number}")
    lines.join("new", "new0")
    assert dropped == [goes]
    left = [each for each in ("short0", "held0", "long0", "new0") if not each.startswith(goes)]
    assert await taken(lines, 3) == left


async def test_clearing_keeps_what_is_set_apart() -> None:
    lines: Lines[str] = Lines()
    lines.set_apart("a")
    for peer in "aab":
        lines.join(peer, peer)
    lines.clear()
    assert lines.waiting == 0
    lines.join("a", "later")
    lines.join("b", "b")
    assert await taken(lines, 1) == ["b"]
    lines.bring_back("a")
    assert await taken(lines, 1) == ["later"]


@pytest.mark.parametrize("asked_before", [False, True])
async def test_who_asks_is_told_that_no_more_are_coming_once_and_after_all_that_came(
    asked_before: bool,
) -> None:
    lines: Lines[str] = Lines()
    if asked_before:
        asked = lines.next_in_turn()
        lines.fail(RuntimeError("it stops"))
    else:
        lines.join("a", "came")
        lines.fail(RuntimeError("it stops"))
        assert await lines.next_in_turn() == "came"
        asked = lines.next_in_turn()
    with pytest.raises(RuntimeError, match="it stops"):
        await asked
    again = lines.next_in_turn()
    lines.join("a", "later")
    assert await again == "later"


async def test_who_asked_and_has_gone_takes_no_call_with_it() -> None:
    lines: Lines[str] = Lines()
    lines.next_in_turn().cancel()
    lines.join("a", "call")
    assert await lines.next_in_turn() == "call"


@pytest.mark.parametrize("end", ["taken", "cleared", "dropped"])
async def test_who_waits_for_all_to_be_taken_is_told(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: Lines[str] = Lines()
    await lines.all_taken()
    for call in ("first", "second"):
        lines.join("a", call)
    waits = asyncio.create_task(lines.all_taken())
    assert await taken(lines, 1) == ["first"]
    await asyncio.sleep(0)
    assert not waits.done()
    if end == "taken":
        assert await taken(lines, 1) == ["second"]
    elif end == "cleared":
        lines.clear()
    else:
        monkeypatch.setattr(module, "MAX_WAITING", 1)
        lines.join("a", "third")
    async with asyncio.timeout(1):
        await waits
    assert lines.waiting == 0


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.sampled_from("abcd")),
        st.tuples(st.just("apart"), st.sampled_from("abcd")),
        st.tuples(st.just("back"), st.sampled_from("abcd")),
        st.tuples(st.just("take"), st.just("")),
    ),
    max_size=60,
)


@given(STEPS)
async def test_like_a_naive_model(steps: list[tuple[str, str]]) -> None:
    """The model: who has had no turn for longest, of those that wait and are not apart; order within a line."""
    lines: Lines[tuple[str, int]] = Lines()
    waiting: list[tuple[str, int]] = []
    since: dict[str, int] = {}
    apart: Counter[str] = Counter()
    for at, (step, peer) in enumerate(steps):
        free = {who for who, _ in waiting if not apart[who]}
        if step == "join":
            if peer not in {who for who, _ in waiting}:
                since[peer] = at
            waiting.append((peer, at))
            lines.join(peer, (peer, at))
        elif step == "apart":
            apart[peer] += 1
            lines.set_apart(peer)
        elif step == "back" and apart[peer]:
            apart[peer] -= 1
            lines.bring_back(peer)
            if not apart[peer]:
                since[peer] = at  # it stands behind those that were in turn
        elif step == "take" and free:
            expected = min(free, key=lambda who: since[who])
            call = next(each for each in waiting if each[0] == expected)
            waiting.remove(call)
            since[expected] = at
            assert await lines.next_in_turn() == call
        assert lines.waiting == len(waiting)
