# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The steps share and report, and what nodes share from the start, are read strictly."""

from __future__ import annotations

import pytest

from broker.rulebook.general.sharing import CheckRole, ReportFrequency, SharingLevel
from scenarios.model import Report, Share
from tests.unit.scenarios.worlds import changed, problems, reading

NODE = "che: {kind: national, registries: [CHE01]}"
SHARE = "share: {registry: CHE01, level: VIEW, frequency: daily}"
REPORT = """report:
      registry: CHE01
      holdings: [{type: 100, blocks: [{registry: CHE01, first: 1, last: 5}]}]
      actions: [{id: a1, action: use, type: 200, year: 2023, blocks: [{registry: CHE01, first: 6, last: 9}]}]"""


def with_step(step: str) -> str:
    return changed("  - crash: che\n", f"  - {step}\n  - crash: che\n")


def test_the_steps_are_read_in_full() -> None:
    share = reading(with_step(SHARE)).steps[4].action
    assert isinstance(share, Share)
    assert (share.level, share.frequency) == (SharingLevel.VIEW, ReportFrequency.DAILY)
    without = "share: {registry: CHE01, level: TRANSACT, without: [{check: X, role: receiver}, {check: Y}]}"
    switched = reading(with_step(without)).steps[4].action
    assert isinstance(switched, Share)
    assert switched.without == (("X", CheckRole.RECEIVER), ("Y", CheckRole.BOTH))
    report = reading(with_step(REPORT)).steps[4].action
    assert isinstance(report, Report)
    assert (report.complete, report.holdings[0].account_type) == (True, 100)
    assert (report.actions[0].year, report.actions[0].blocks[0].last) == (2023, 9)
    node = NODE.replace("}", ", sharing: [{registry: CHE01, level: NOTIFY, frequency: yearly}]}")
    assert reading(changed(NODE, node)).nodes[1].sharing[0].level is SharingLevel.NOTIFY


@pytest.mark.parametrize(
    ("step", "old", "new", "says"),
    [
        (SHARE, "VIEW", "SOME", "one of VIEW, NOTIFY, TRANSACT"),
        (SHARE, "daily", "hourly", "one of at-once, daily, yearly"),
        (SHARE, ", frequency: daily", "", "frequency goes with the levels"),
        (SHARE, "VIEW", "TRANSACT", "frequency goes with the levels"),
        (SHARE, "CHE01", "SWE01", "no node runs the registry SWE01"),
        (SHARE, "level", "levle", "did you mean level"),
        (REPORT, "action: use", "action: sale", "one of issuance, acquisition"),
        (REPORT, "id: a1, ", "", "the key id is missing"),
        (REPORT, "type: 100,", "type: many,", "whole"),
        (REPORT, "registry: CHE01\n", "registry: CHE01\n      as_of: now\n", "unknown key 'as_of'"),
        (REPORT, "year: 2023", "counterparty: SWE01", "no node runs the registry SWE01"),
    ],
)
def test_a_fault_is_named(step: str, old: str, new: str, says: str) -> None:
    assert old in step
    found = problems(with_step(step.replace(old, new)))
    assert any(says in each.text for each in found), found
