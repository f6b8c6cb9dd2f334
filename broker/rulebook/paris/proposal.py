# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transaction as its proposer wrote it, with the terms of the Paris rulebook."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from broker.rulebook.general.proposal import Proposed, ProposedBlock, serials_of
from broker.rulebook.paris.attributes import Attributes
from itmo.frozen import quickly_made
from itmo.serials import SerialRange


class AllotmentPurpose(StrEnum):
    """Why part of an issuance goes elsewhere at once (3/CMA.3 annex paras 58-59)."""

    SHARE_OF_PROCEEDS = "SHARE_OF_PROCEEDS"
    OMGE = "OMGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotment:
    """Part of an issuance that goes elsewhere at once, as its proposer wrote it."""

    purpose: AllotmentPurpose
    account: str
    first: int
    last: int

    @property
    def range(self) -> SerialRange | None:
        """The serial range, or None where first and last do not make one."""
        return serials_of(self.first, self.last)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ParisProposedBlock(ProposedBlock):
    """A block as its proposer wrote it, with the attributes that it states."""

    attributes: Attributes | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ParisProposed(Proposed):
    """A transaction as its proposer wrote it, with its terms."""

    blocks: tuple[ParisProposedBlock, ...]
    first_transfer: bool | None = None
    year_of_use: int | None = None
    purpose: str = ""
    entity: str = ""
    allotments: tuple[Allotment, ...] = ()

    @property
    def parts(self) -> int:
        """Blocks and allotments."""
        return len(self.blocks) + len(self.allotments)

    @property
    def named_accounts(self) -> tuple[str, ...]:
        """Accounts that allotments name."""
        return tuple(each.account for each in self.allotments)
