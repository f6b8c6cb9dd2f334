# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Frames between processes: what goes in comes out, however the bytes are cut; what is no frame ends the line."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.workers.frames import FrameError, Kind, Line, packed, refusal, told, unpacked
from itmo.reasons import ProtocolError, Reason

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.binary(max_size=40)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=5).map(tuple))
def test_what_goes_in_comes_out(values: tuple[Any, ...]) -> None:
    assert unpacked(packed(Kind.SPENT, values)[5:]) == values


@given(st.binary(max_size=60))
def test_other_bytes_are_refused_or_values(body: bytes) -> None:
    try:
        values = unpacked(body)
    except FrameError:
        return
    assert isinstance(values, tuple)


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(Kind), VALUES), max_size=4), st.data())
def test_frames_come_out_however_they_are_cut(
    frames: list[tuple[Kind, object]], data: st.DataObject
) -> None:
    taken: list[tuple[Kind, Any]] = []
    line = Line(lambda kind, values: taken.append((kind, values[0])), lambda: None)
    rest = b"".join(packed(kind, (value,)) for kind, value in frames)
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        line.data_received(rest[:cut])
        rest = rest[cut:]
    assert taken == frames


@pytest.mark.parametrize(
    "wrong", [b"\xff\xff\xff\xff\x01", b"\x00\x00\x00\x00\xfe", b"\x00\x00\x00\x01\x01s"]
)
def test_what_is_no_frame_ends_the_line(wrong: bytes) -> None:
    closed: list[bool] = []

    class Transport:
        def close(self) -> None:
            closed.append(True)

    line = Line(lambda *_: None, lambda: None)
    line.connection_made(cast("asyncio.Transport", Transport()))
    with pytest.raises((FrameError, ValueError)):
        line.data_received(wrong)
    assert closed == [True]


def test_a_refusal_keeps_reason_words_and_details() -> None:
    error = ProtocolError(Reason.OVERLOADED, "full", retry_after_ms=500)
    again = refusal(told(error))
    assert again is not None
    assert (again.reason, again.message, again.metadata) == (
        Reason.OVERLOADED, "full", {"retry_after_ms": "500"},
    )  # fmt: skip
    assert refusal(told(None)) is None
