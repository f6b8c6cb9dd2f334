# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""IP04: use and cancellation keep within the host's authorization."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from aef.checks.inquiry import Inquiry
from aef.checks.rolling import SPENDING
from aef.checks.scopes import outside_scope, without_authorization
from aef.checks.states import ConsistencyCheck, Group, Note
from aef.checks.wording import CITATION


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry, row in inquiry.file.actions:
        if row.type not in SPENDING:
            continue
        authorized = inquiry.authorizations.of_host(entry)
        if authorized is None:
            yield from without_authorization(inquiry, entry)
        else:
            yield from inquiry.authorizations.judged(
                entry, authorized, partial(outside_scope, entry, row)
            )


CHECK: Final = ConsistencyCheck(
    id="IP04",
    title="Use within the authorization's scope",
    group=Group.PROGRESSION,
    meaning="Use and cancellation keep within the scope of the first transferring Party's"
    " authorization.",
    citation=CITATION,
    remedy="Correct the use, or have the first transferring Party amend the authorization.",
    run=_run,
)
