# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transaction as its proposer wrote it, with the terms of the Kyoto rulebook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from broker.rulebook.general.proposal import Proposed, ProposedBlock
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.codes import Track
from itmo.frozen import quickly_made
from itmo.serials import SerialRange


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoProposedBlock(ProposedBlock):
    """A block as its proposer wrote it, with the attributes that it states."""

    attributes: KyotoAttributes | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Units of an issuance that go to the Adaptation Fund; None where they make no range."""

    account: str
    range: SerialRange | None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoProposed(Proposed):
    """A transaction as its proposer wrote it, with the terms of the rulebook.

    Attributes:
        project: What the units become in a conversion; 0 elsewhere.
        track: The same.
        period: What they become in a carry-over; 0 elsewhere.
        expiry: What they become in a change of the date of expiry; None elsewhere.
        supplementary_type: 0: none.
        log_notice: Number of the notice that it answers; 0: none.
        activity: The activity that was a net source, in a cancellation for that; 0 elsewhere.
        corrective: Whether it carries out a correction that the Compliance Committee decided.
        purpose: Why units are cancelled.
        beneficiary: For whom.
        share: Issuances: what goes to the Adaptation Fund at once.
        reissued_in: Cancellations: the scheme in which the units are issued again; empty: nowhere.
        opening: Issuances: digest of the archive whose units are brought in, in hexadecimal; empty: new
            units.
        had_left: Of units of an archive, whether they had left their Party.
        were_replaced: The same, whether others had come in their place.
        monitored: Issuances: first and last day of the monitoring period; None where it is not stated.
    """

    blocks: tuple[KyotoProposedBlock, ...]
    project: int = 0
    track: Track | None = None
    period: int = 0
    expiry: date | None = None
    supplementary_type: int = 0
    log_notice: int = 0
    activity: int = 0
    corrective: bool = False
    purpose: str = ""
    beneficiary: str = ""
    share: Share | None = None
    reissued_in: str = ""
    opening: str = ""
    had_left: bool = False
    were_replaced: bool = False
    monitored: tuple[date, date] | None = None

    @property
    def parts(self) -> int:
        """Its blocks, and the share."""
        return len(self.blocks) + (self.share is not None)

    @property
    def named_accounts(self) -> tuple[str, ...]:
        """The account that the share goes to."""
        return (self.share.account,) if self.share else ()
