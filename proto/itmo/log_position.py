# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far a network's log went when something was read from a ledger; what is filed says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from itmo import pages
from itmo.forms import number


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPosition:
    """A place in a network's log: everything up to it was read, and nothing after it.

    Attributes:
        network: Id of the network.
        decisions: How many decisions the log had.
        last_leaf: Hash of the last one, in hexadecimal; empty where there was none.
        decided_at: When that was.
    """

    network: str
    decisions: int
    last_leaf: str = ""
    decided_at: datetime | None = None

    def fact(self) -> pages.Fact:
        """The place as a page names it."""
        said = f"{pages.number(self.decisions)} decisions of network {pages.text(self.network)}"
        if self.decided_at is not None:
            said += f", the last of {pages.moment(self.decided_at)}"
            said += f"<br>Leaf {pages.digest(self.last_leaf)}"
        return "Place in the log", said

    def __str__(self) -> str:
        last = f", leaf {self.last_leaf}" if self.last_leaf else ""
        return f"{number(self.decisions)} decisions of network {self.network}{last}"
