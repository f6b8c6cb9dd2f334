# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""IP01: transferred units were authorized, and acquired if not the host's, before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.inquiry import Inquiry
from aef.checks.pairing import SENDING
from aef.checks.progressing import acquired_before, authorized_before
from aef.checks.states import ConsistencyCheck, Group, Note
from aef.checks.wording import CITATION


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry, row in inquiry.file.actions:
        if row.type in SENDING:
            yield from authorized_before(inquiry, entry, row)
            yield from acquired_before(inquiry, entry, row)


CHECK: Final = ConsistencyCheck(
    id="IP01",
    title="Authorized or acquired before transferred",
    group=Group.PROGRESSION,
    meaning="Transferred units were authorized, and acquired if the Party is not their host, before.",
    citation=CITATION,
    remedy="Correct the date or the authorization id, or report what came before.",
    run=_run,
)
