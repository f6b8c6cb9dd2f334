# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What ends, and how near that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from itmo.expiry import Expiring, Nearness, Thing, last_of_each
from itmo.validity import Validity

END = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
KEY = Validity("ab12", "ab12", END - timedelta(days=365), END)


def at(before: timedelta, key: Validity = KEY, owner: str = "che-registry") -> Expiring:
    return Expiring(thing=Thing.SIGNING_KEY, owner=owner, validity=key, now=END - before)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(days=366), Nearness.NOT_YET),
        (timedelta(days=60, seconds=1), Nearness.FAR),
        (timedelta(days=60), Nearness.WITHIN_60_DAYS),
        (timedelta(days=30, seconds=1), Nearness.WITHIN_60_DAYS),
        (timedelta(days=30), Nearness.WITHIN_30_DAYS),
        (timedelta(days=7, seconds=1), Nearness.WITHIN_30_DAYS),
        (timedelta(days=7), Nearness.WITHIN_7_DAYS),
        (timedelta(microseconds=1), Nearness.WITHIN_7_DAYS),
        (timedelta(0), Nearness.ENDED),
        (timedelta(days=-400), Nearness.ENDED),
    ],
)
def test_nearness_steps_at_60_30_and_7_days_and_at_the_end(
    before: timedelta, expected: Nearness
) -> None:
    assert at(before).nearness is expected


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(days=30), "ends in 30 days, 2027-03-01T12:00:00.000Z."),
        (timedelta(days=1, hours=2), "ends in 1 day, 2027"),
        (timedelta(hours=2), "ends today, 2027"),
        (timedelta(hours=-2), "ended today, 2027"),
        (timedelta(days=-3), "ended 3 days ago, 2027"),
        (timedelta(days=366), "is good from 2026-03-01T12:00:00.000Z on, not yet."),
    ],
)
def test_the_sentence_counts_days(before: timedelta, said: str) -> None:
    sentence = at(before).sentence()
    assert sentence.startswith("The signing key of che-registry (ab12) ")
    assert said in sentence


def test_a_key_that_was_replaced_is_not_told_of() -> None:
    new = at(timedelta(0), Validity("cd34", "cd34", KEY.not_before, END + timedelta(days=1)))
    other = at(timedelta(0), owner="tha-registry")
    assert last_of_each([at(timedelta(0)), new, other]) == [new, other]
    assert last_of_each([new, at(timedelta(0)), other]) == [new, other]
