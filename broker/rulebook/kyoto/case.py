# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything a check of the Kyoto rulebook may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final, NamedTuple

from broker.rulebook.general.accounts import AccountType
from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.general.case import Case
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES, KyotoAccount
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.codes import Mechanism, ProjectStatus, Track
from broker.rulebook.kyoto.fees import IssuanceRequest
from broker.rulebook.kyoto.log_notice import LogNotice
from broker.rulebook.kyoto.proposal import KyotoProposed, KyotoProposedBlock
from broker.rulebook.kyoto.tables import CommitmentPeriod
from itmo.frozen import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoSegment(Segment):
    """Stored units, as they are now."""

    attributes: KyotoAttributes


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoBlock(BlockFacts):
    """A proposed block, with what is true of its units."""

    proposed: KyotoProposedBlock
    segments: tuple[KyotoSegment, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """A tally: what was counted, and what transactions that wait keep of it."""

    quantity: int = 0
    reserved: int = 0


NOTHING: Final = Count()
"""What was never counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedAmount:
    """What a Party may issue for a period; base and percentage are 0 where nobody told them.

    Attributes:
        quantity: AAUs.
        base_emissions: Emissions of the base year, t CO2 eq.
        per_myriad: Hundredths of a per cent of the base that may be emitted a year.
    """

    quantity: int
    base_emissions: int = 0
    base_year: int = 0
    per_myriad: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Whether a Party may take part in the mechanisms, and whether it may use CERs."""

    eligible: bool
    cers: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a Party emitted in a year, after review; t CO2 eq."""

    year: int
    emissions: int
    reviewed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    """Whether compliance of a Party with a period is settled, and its emissions of the period."""

    settled_on: date | None
    emissions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project whose units may be converted or issued.

    Attributes:
        track: Who verifies it; None: either.
        land_use: Whether it is one of land use.
        exempt: Whether its host is spared the share of proceeds for adaptation.
        programme: The programme of activities that it belongs to; empty: none.
        yearly_reductions: On average in the first crediting period, t CO2 eq; 0: not told.
        registered_on: When it was registered; None: not told.
    """

    mechanism: Mechanism = Mechanism.JOINT_IMPLEMENTATION
    track: Track | None = None
    status: ProjectStatus = ProjectStatus.REGISTERED
    land_use: bool = False
    exempt: bool = False
    programme: str = ""
    yearly_reductions: int = 0
    registered_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a project reduced in a monitoring period, by a verification that may be final."""

    number: int
    from_day: date
    to_day: date
    quantity: int
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityMove:
    """From which day of monitoring on an activity issues under another mechanism, and as what; None: it does not."""

    from_day: date | None
    moved_to: str = ""


class TotalKey(NamedTuple):
    """By which total of an archive units are counted.

    Attributes:
        account: Code of the type of the accounts that they lie in.
        unit: Code of their type.
        period: The commitment period in which they are valid.
        had_left: Whether they had left their Party.
        were_replaced: Whether others had come in their place.
    """

    account: int
    unit: int
    period: int
    had_left: bool = False
    were_replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveParts:
    """How far the trail of an archive is on record.

    Attributes:
        archive: Digest of the archive, in hexadecimal.
        parts: How many there are.
        last: Digest of the last one, which names the one before it; the same.
        previous: Which one that is.
    """

    archive: str
    parts: int
    last: str
    previous: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a registry brings along from an archive: the archive's digest, and its totals.

    Attributes:
        parts: How many parts its trail has; 0: it tells of no transactions.
        last_part: Digest of the last one, in hexadecimal.
    """

    archive: str
    totals: Mapping[TotalKey, int]
    parts: int = 0
    last_part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """That a registry is closed: the seal of its export, and the log's size when that was made."""

    seal: str
    log_size: int
    log_root: str


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoCase(Case):
    """What is known of a proposed transaction, of its Parties, periods and projects.

    What is not here was not stated; what was never counted is `NOTHING`.

    Attributes:
        periods: By number.
        assigned: By Party and period.
        allowances: RMUs that may be issued, by Party, period and activity.
        eligible: By Party.
        inventories: The last one that was reviewed, by Party.
        compliance: By Party and period.
        projects: By host Party and number.
        verifications: By host Party and number of the project.
        requests: For issuances of CERs, by host Party and number of the activity.
        payments: Cents paid for the administration of an activity, one for each payment; the same.
        letters: Whether a Party's letter by which units may be forwarded to it holds, by the Party, the
            host and the number of the activity.
        notices: The one of the log that the transaction names, by its number.
        moves: From which day of monitoring on an activity issues elsewhere, and where; by host Party and
            number of the activity.
        openings: What registries bring along from archives, by registry.
        closings: Registries that are closed.
        counts: Tallies by name; see `counts`.
    """

    account_types: ClassVar[Mapping[int, AccountType]] = ACCOUNT_TYPES
    own_numbers: ClassVar[bool] = False

    proposed: KyotoProposed
    from_account: KyotoAccount | None
    to_account: KyotoAccount | None
    blocks: tuple[KyotoBlock, ...]
    periods: Mapping[int, CommitmentPeriod] = field(default_factory=dict)
    assigned: Mapping[tuple[str, int], AssignedAmount] = field(default_factory=dict)
    allowances: Mapping[tuple[str, int, int], int] = field(default_factory=dict)
    eligible: Mapping[str, Eligibility] = field(default_factory=dict)
    inventories: Mapping[str, Inventory] = field(default_factory=dict)
    compliance: Mapping[tuple[str, int], Compliance] = field(default_factory=dict)
    projects: Mapping[tuple[str, int], Project] = field(default_factory=dict)
    verifications: Mapping[tuple[str, int], tuple[Verification, ...]] = field(default_factory=dict)
    requests: Mapping[tuple[str, int], tuple[IssuanceRequest, ...]] = field(default_factory=dict)
    payments: Mapping[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)
    letters: Mapping[tuple[str, str, int], bool] = field(default_factory=dict)
    notices: Mapping[int, LogNotice] = field(default_factory=dict)
    moves: Mapping[tuple[str, int], ActivityMove] = field(default_factory=dict)
    openings: Mapping[str, Opening] = field(default_factory=dict)
    closings: Mapping[str, Closing] = field(default_factory=dict)
    counts: Mapping[str, Count] = field(default_factory=dict)

    @property
    def giver(self) -> str:
        """The Party, or the CDM registry, whose registry proposes; empty where it is not known."""
        return self.from_registry.party if self.from_registry else ""

    @property
    def taker(self) -> str:
        """The Party, or the CDM registry, to whose registry units go; empty where it is not known."""
        return self.to_registry.party if self.to_registry else ""

    def count(self, name: str) -> Count:
        """A tally; zero where nothing was ever counted."""
        return self.counts.get(name, NOTHING)

    @property
    def notice(self) -> LogNotice | None:
        """The notice of the log that the transaction names, where it is known."""
        return self.notices.get(self.proposed.log_notice)
