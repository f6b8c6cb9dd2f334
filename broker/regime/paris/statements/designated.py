# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who speaks for a Party."""

from __future__ import annotations

from broker.regime.refusals import NoEffect
from broker.regime.statement import Books
from itmo.reasons import Reason


def check_designated(books: Books, party: str) -> None:
    """Only the node that a Party designated speaks for it.

    Raises:
        NoEffect: PERMISSION_DENIED.
    """
    designated = books.designated(party)
    if designated != books.sender:
        raise NoEffect(
            Reason.PERMISSION_DENIED,
            f"{party} has designated {designated or 'no node'}; {books.sender} signed",
        )
