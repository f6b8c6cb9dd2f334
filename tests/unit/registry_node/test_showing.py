# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What others wrote is shown by the node, and never obeyed by the terminal."""

from __future__ import annotations

import pytest

from itmo.core.v1 import decision_pb2
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.screen import Screen, style_of
from registry_node.cli import showing

HOSTILE = "note \x1b[2J \x1b]0;title\x07 \u202e [red]no colour[/red]"
SHOWN = "note \\x1b[2J \\x1b]0;title\\x07 \\u202e [red]no colour[/red]"


def test_a_note_of_others_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    row = api.Transaction(transaction_id="t-1", from_account="THA01-100-1-1", note=HOSTILE)
    showing.waiting(Screen(), [row])
    assert SHOWN in capsys.readouterr().out


def test_what_was_found_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """Before, it went to the terminal as it was."""
    showing.refusal(Screen(), decision_pb2.Refusal(code="PAYLOAD_INVALID", found=HOSTILE))
    found = decision_pb2.Finding(
        check_id="ACC_EXISTS", outcome=decision_pb2.OUTCOME_FAILED, found=HOSTILE
    )
    showing.findings(Screen(), [found], [], every=True)
    told = capsys.readouterr().out
    assert told.count(SHOWN) == 2
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("state", "style"),
    [
        ("COMPLETED", "green"),
        ("TERMINATED (timed out)", "magenta"),
        ("REJECTED: not ours", "red"),
        ("NOT TAKEN IN", "red"),
        ("FAILED (warning)", "red"),
        ("note", ""),
        (12, ""),
    ],
)
def test_states_have_their_colours(state: object, style: str) -> None:
    assert style_of(state) == style
