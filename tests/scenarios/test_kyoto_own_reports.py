# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a Kyoto story tells, a node's own report says cell by cell what the record says."""

from __future__ import annotations

from tests.kit.own_sefs import differing, told_archives
from tests.kit.told import Told, of_kyoto


@of_kyoto
def test_own_reports_say_what_the_record_says(told: Told) -> None:
    compared, differences = told.run(differing(told.network, archives=told_archives(told.network)))
    assert [(str(each.spot), each.one.text, each.other.text) for each in differences] == []
    assert compared
