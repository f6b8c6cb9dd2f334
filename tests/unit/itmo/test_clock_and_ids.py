# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from itmo.clock import FakeClock, OffsetClock, SystemClock, from_text, to_ms, to_text
from itmo.identifiers import parse_message_id
from itmo.ids import IdSource, RandomIds, SeededIds
from itmo.reasons import ProtocolError, Reason

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_system_clock_is_aware_and_near_the_real_time() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_fake_clock_moves_forward_only() -> None:
    clock = FakeClock(START)
    clock.advance(SECOND)
    clock.set(clock.now())
    assert clock.now() == START + SECOND
    for wrong in (START, datetime(9500, 1, 1, tzinfo=UTC)):
        with pytest.raises(ProtocolError) as caught:
            clock.set(wrong)
        assert caught.value.reason is Reason.CLOCK_NOT_SETTABLE
    with pytest.raises(ProtocolError):
        clock.advance(-SECOND)
    assert clock.now() == START + SECOND


def test_offset_clock_ticks_from_where_it_was_set() -> None:
    base = FakeClock(START)
    clock = OffsetClock(base)
    clock.set(START + timedelta(days=400))
    base.advance(SECOND)
    assert clock.now() == START + timedelta(days=400, seconds=1)
    with pytest.raises(ProtocolError) as caught:
        clock.set(START + timedelta(days=400))
    assert caught.value.reason is Reason.CLOCK_NOT_SETTABLE


def test_times_without_zone_are_a_fault() -> None:
    with pytest.raises(ValueError, match="zone"):
        FakeClock(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test
    with pytest.raises(ValueError, match="zone"):
        to_text(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


def test_text_of_a_time() -> None:
    assert to_text(datetime(2023, 8, 1, tzinfo=UTC)) == "2023-08-01T00:00:00.000Z"
    swiss = datetime(2023, 8, 1, 2, 0, 0, 1999, tzinfo=timezone(timedelta(hours=2)))
    assert to_text(swiss) == "2023-08-01T00:00:00.001Z"
    assert from_text("2023-08-01T00:00:00.001Z") == datetime(2023, 8, 1, 0, 0, 0, 1000, UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-08-01",
        "2023-08-01T00:00:00Z",
        "2023-08-01T00:00:00.000+00:00",
        "2023-08-01T00:00:00.000z",
        "2023-08-01 00:00:00.000Z",
        "2023-02-30T00:00:00.000Z",
        "2023-08-01T24:00:00.000Z",
        "2023-08-01T00:00:60.000Z",
        "0000-01-01T00:00:00.000Z",
        "2023-08-01T00:00:00.000Z\n",
        "\uff12023-08-01T00:00:00.000Z",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        from_text(text, "header.created_at")
    assert caught.value.reason is Reason.PAYLOAD_INVALID
    assert caught.value.metadata["where"] == "header.created_at"


@pytest.mark.parametrize("source", [RandomIds(), SeededIds(7)])
def test_ids_are_canonical_dated_and_growing(source: IdSource) -> None:
    made = [source.uuid7(START + timedelta(milliseconds=n // 500)) for n in range(2000)]
    made += [source.uuid7(START)]  # a clock that goes back does not make ids go back
    assert made == sorted(set(made))
    for text in made:
        parse_message_id(text, "id")
        assert uuid.UUID(text).version == 7
        assert uuid.UUID(text).variant == uuid.RFC_4122
    assert uuid.UUID(made[0]).int >> 80 == to_ms(START)


def test_seeded_ids_repeat_and_differ_by_seed() -> None:
    first, again, other = SeededIds(1), SeededIds(1), SeededIds(2)
    assert [first.uuid7(START) for _ in range(3)] == [again.uuid7(START) for _ in range(3)]
    assert SeededIds(1).uuid7(START) != other.uuid7(START)


def test_ids_keep_growing_when_a_millisecond_is_used_up() -> None:
    source = RandomIds()
    before = source.uuid7(START)
    source._ids._random = (1 << 74) - 1
    assert source.uuid7(START) > before
