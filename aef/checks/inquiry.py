# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What checks are given: the case file, and what several of them work out from it, once."""

from __future__ import annotations

from functools import cached_property

from aef.checks.authorizing import Authorizations
from aef.checks.casefile import CaseFile
from aef.checks.filed import Filed
from aef.checks.pairing import Pairing, pair_up
from aef.checks.rolling import Roll, roll


class Inquiry:
    """One round of checks over one case file."""

    def __init__(self, file: CaseFile) -> None:
        self.file = file
        self.authorizations = Authorizations(file)
        self.unfit: dict[Filed, bool] = {}
        """Whether the rows of a submission do not add up in themselves, where that was asked."""

    @cached_property
    def rolls(self) -> dict[Filed, Roll]:
        """Every current submission replayed from the year before."""
        return {each: roll(self.file, each, self.authorizations) for each in self.file.current}

    @cached_property
    def pairing(self) -> Pairing:
        """Transfers between Parties and their other sides."""
        return pair_up(self.file)
