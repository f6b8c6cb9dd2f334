# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The steps in which one side lets others know are read strictly."""

from __future__ import annotations

import pytest

from scenarios.model import Acknowledge, Maintain, Notify, Write
from tests.unit.scenarios.worlds import changed, problems, reading

WRITE = "write: {id: w1, node: che, to: [THA01, CHE01], subject: Upgrade, text: On Sunday}"
NOTIFY = (
    "notify: {id: n1, party: THA, vintage: 2023, blocks: [{registry: THA01, first: 1, last: 5}]}"
)
MAINTAIN = "maintain: {registry: CHE01, start: 2024-03-02T20:00:00Z, end: 2024-03-03T00:00:00Z}"
READ = "acknowledge: {notice: w1, node: tha}"


def with_steps(*steps: str) -> str:
    written = "".join(f"  - {step}\n" for step in steps)
    return changed("  - crash: che\n", f"{written}  - crash: che\n")


def test_the_steps_are_read_in_full() -> None:
    read = reading(with_steps(WRITE, NOTIFY, MAINTAIN, READ)).steps
    write, notify, maintain, acknowledge = (step.action for step in read[4:8])
    assert isinstance(write, Write)
    assert (write.recipients, write.subject, write.text) == (
        ("THA01", "CHE01"),
        "Upgrade",
        "On Sunday",
    )
    assert isinstance(notify, Notify)
    assert (notify.party, notify.vintage, notify.authorization) == ("THA", 2023, None)
    assert isinstance(maintain, Maintain)
    assert maintain.registry == "CHE01"
    assert isinstance(acknowledge, Acknowledge)
    assert (acknowledge.notice, acknowledge.node) == ("w1", "tha")


@pytest.mark.parametrize(
    ("step", "old", "new", "says"),
    [
        (WRITE, "THA01", "SWE01", "no node speaks for 'SWE01'"),
        (WRITE, "node: che", "node: swe", "no node 'swe'"),
        (WRITE, "node: che", "node: broker", "the clearing-house announces maintenance"),
        (WRITE, ", subject: Upgrade", "", "the key subject is missing"),
        (WRITE, "text", "txt", "did you mean text"),
        (NOTIFY, "vintage: 2023, ", "", "say what changes"),
        (NOTIFY, "id: n1", "id: w1", "another notice has the id 'w1' already"),
        (MAINTAIN, "2024-03-03T00", "2024-03-01T00", "ends before it starts"),
        (READ, "w1", "w2", "no notice 'w2'"),
        (READ, "tha", "broker", "the clearing-house acknowledges nothing"),
    ],
)
def test_a_fault_is_named(step: str, old: str, new: str, says: str) -> None:
    assert old in step
    before = () if step is WRITE else (WRITE,)
    found = problems(with_steps(*before, step.replace(old, new)))
    assert any(says in each.text for each in found), found
