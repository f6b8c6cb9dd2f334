# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The clock window of a message, at its edges."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from broker.clearing.path.gate import check_window
from itmo import limits
from itmo.identifiers import MessageId, NetworkId, NodeId
from itmo.payloads import Header
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import START

PAGE = Path(__file__).parents[4] / "proto" / "docs" / "protocol.md"
MOMENT = timedelta(milliseconds=1)
TOLERANCE = limits.CLOCK_TOLERANCE
LONGEST = limits.MAX_MESSAGE_LIFETIME


def header(created: datetime, expires: datetime) -> Header:
    return Header(
        message_id=MessageId("018cc251-f400-7000-8000-000000000001"),
        sender_node=NodeId("tha"),
        recipient_node=NodeId("broker"),
        network_id=NetworkId("test-net"),
        sender_sequence=1,
        previous_payload_hash=b"",
        creation_time=created,
        expire_time=expires,
    )


@pytest.mark.parametrize(
    ("created", "expires", "reason"),
    [
        (START, START + MOMENT, None),
        (START - TOLERANCE, START + MOMENT, None),
        (START + TOLERANCE, START + TOLERANCE + MOMENT, None),
        (START, START + LONGEST, None),
        (START - TOLERANCE - MOMENT, START + MOMENT, Reason.CLOCK_SKEW),
        (START + TOLERANCE + MOMENT, START + 2 * TOLERANCE, Reason.CLOCK_SKEW),
        (START - MOMENT, START, Reason.MESSAGE_EXPIRED),
        (START, START + LONGEST + MOMENT, Reason.EXPIRY_TOO_FAR),
        (START + MOMENT, START + MOMENT, Reason.EXPIRY_TOO_FAR),
        (START + 2 * MOMENT, START + MOMENT, Reason.EXPIRY_TOO_FAR),
    ],
)
def test_a_message_is_taken_within_its_window_only(
    created: datetime, expires: datetime, reason: Reason | None
) -> None:
    if reason is None:
        check_window(header(created, expires), START)
        return
    with pytest.raises(ProtocolError) as refused:
        check_window(header(created, expires), START)
    assert refused.value.reason is reason


def test_no_expiry_makes_a_message_good_for_longer_and_the_page_says_so() -> None:
    """The page promised 72 hours to a message that was signed while the line was down."""
    made = START - TOLERANCE - MOMENT
    with pytest.raises(ProtocolError) as refused:
        check_window(header(made, made + LONGEST), START)
    assert refused.value.reason is Reason.CLOCK_SKEW
    page = PAGE.read_text(encoding="utf-8")
    chapter = page.split("## 5. Headers and chains", 1)[1].split("\n## 6.", 1)[0]
    assert "72 hours" not in chapter
    assert "no expiry makes that longer" in chapter
