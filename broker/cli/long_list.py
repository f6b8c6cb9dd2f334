# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How long a list may be that a command makes at once, beside a broker that is at work."""

from __future__ import annotations

from collections.abc import Sized
from typing import Final

MOST: Final = 20_000
"""Rows: they take 200 MB, and a table of them 20 s. A record of years has millions of entries and ranges."""


def refuse_more(found: Sized, what: str, instead: str) -> None:
    """Refuses what is more than a list may be; one more than that is looked for.

    Args:
        found: The rows.
        what: Their name.
        instead: What may be asked in place of all of them.

    Raises:
        ProtocolError: QUESTION_TOO_DEAR.
    """
    from itmo.reasons import ProtocolError, Reason

    if len(found) > MOST:
        raise ProtocolError(
            Reason.QUESTION_TOO_DEAR,
            f"There are more than {MOST} such {what}. {instead}",
            limit=MOST,
        )
