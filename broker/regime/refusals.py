# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How a message that is recorded is refused."""

from __future__ import annotations


class NoEffect(Exception):  # noqa: N818  # not an error: a decision that changes nothing
    """A recorded message takes no effect; its receipt says why.

    What to do stands in `found`, but where a check was judged: then it is the check's remedy.
    """

    def __init__(self, code: str, found: str, remedy: str = "") -> None:
        super().__init__(code, found)
        self.code = code
        self.found = found
        self.remedy = remedy
