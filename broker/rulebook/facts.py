# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything a check may know. Built before judgement; nothing here reads a clock or a database.

Identifiers that a proposer wrote stand here as it wrote them: judging their form is the business of
checks, and a broken one must end in a finding, not in an exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from broker.rulebook.accounting import PlannedEntry
from broker.rulebook.authorizing import (
    AuthorizationElement,
    AuthorizationKind,
    AuthorizationTiming,
    CoveredUnits,
    RevocationGround,
)
from broker.rulebook.message import MessageFacts
from broker.rulebook.noticed import BoundUnits, MaintenanceWindow
from broker.rulebook.participation import Participation
from broker.rulebook.sharing import SharingLevel, Switch
from itmo.identifiers import (
    AccountId,
    AuthorizationId,
    CooperativeApproachId,
    NodeId,
    PartyCode,
    RegistryId,
    TransactionId,
)
from itmo.lifecycle import Completion
from itmo.serials import MAX_SERIAL, SerialRange

Day: TypeAlias = date  # where a field of that name hides it


class TransactionType(StrEnum):
    """What a transaction does; names of itmo.core.v1.TransactionType without the prefix."""

    ISSUANCE = "ISSUANCE"
    TRANSFER = "TRANSFER"
    USE = "USE"
    CANCELLATION = "CANCELLATION"
    REVERSAL = "REVERSAL"


class AllotmentPurpose(StrEnum):
    """Why part of an issuance goes elsewhere at once (3/CMA.3 annex paras 58-59)."""

    SHARE_OF_PROCEEDS = "SHARE_OF_PROCEEDS"
    OMGE = "OMGE"


class AccountRole(StrEnum):
    """What an account of the mechanism registry is for (7/CMA.4 annex I paras 32-33)."""

    PENDING = "PENDING"
    ADAPTATION_FUND = "ADAPTATION_FUND"
    MANDATORY_OMGE = "MANDATORY_OMGE"


class LevelKind(StrEnum):
    """What yearly figures of a Party are."""

    INVENTORY = "INVENTORY"
    TARGET = "TARGET"
    INVENTORY_PART = "INVENTORY_PART"


class UnitType(StrEnum):
    """Kinds of unit (common nomenclatures item 53)."""

    ITMO = "ITMO"
    UNAUTHORIZED_A64ER = "UNAUTHORIZED_A64ER"
    MITIGATION_OUTCOME = "MITIGATION_OUTCOME"
    AMO = "AMO"
    CER = "CER"
    MCU = "MCU"


class Metric(StrEnum):
    """In what a mitigation outcome is measured."""

    GHG = "GHG"
    NON_GHG = "NON_GHG"


class MitigationType(StrEnum):
    """Kinds of mitigation (common nomenclatures item 36)."""

    EMISSION_REDUCTIONS = "EMISSION_REDUCTIONS"
    REMOVALS = "REMOVALS"
    EMISSION_REDUCTIONS_AND_REMOVALS = "EMISSION_REDUCTIONS_AND_REMOVALS"


class Purpose(StrEnum):
    """For what units may be used (2/CMA.3 annex para 1(d), (f))."""

    NDC = "NDC"
    IMP = "IMP"
    OP = "OP"


class FirstTransferDefinition(StrEnum):
    """What first transfer is for other international mitigation purposes (2/CMA.3 annex para 2(b))."""

    AUTHORIZATION = "AUTHORIZATION"
    ISSUANCE = "ISSUANCE"
    USE_OR_CANCELLATION = "USE_OR_CANCELLATION"


class OperationalStatus(StrEnum):
    """Whether a registry takes part."""

    OPERATIONAL = "OPERATIONAL"
    TRANSACTIONS_DISALLOWED = "TRANSACTIONS_DISALLOWED"
    NON_OPERATIONAL = "NON_OPERATIONAL"


class NdcTarget(StrEnum):
    """How a Party's NDC target is set."""

    SINGLE_YEAR = "SINGLE_YEAR"
    MULTI_YEAR = "MULTI_YEAR"


class AdjustmentMethod(StrEnum):
    """How corresponding adjustments are applied (2/CMA.3 annex para 7)."""

    TRAJECTORY = "TRAJECTORY"
    AVERAGING = "AVERAGING"
    BUDGET = "BUDGET"


@dataclass(frozen=True, slots=True)
class YearSpan:
    """An inclusive span of calendar years."""

    first: int
    last: int

    def __contains__(self, year: object) -> bool:
        """True when the year lies in the span."""
        return isinstance(year, int) and self.first <= year <= self.last


@dataclass(frozen=True, slots=True)
class AuthorizationRef:
    """A version of an authorization."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Underlying:
    """Units of a crediting programme behind a block, as written."""

    registry: str
    first_unit_id: str
    last_unit_id: str


@dataclass(frozen=True, slots=True)
class Cer:
    """What only certified emission reductions carry."""

    kyoto_serial: str
    project_registration_date: str
    temporary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What is true of every unit of a block; None or "" where a proposer left it out.

    In stored segments every attribute that an issuance must state is present and canonical
    (cooperative approach in its six-digit form).
    """

    unit_type: UnitType | None = None
    cooperative_approach: str = ""
    first_transferring_party: str = ""
    vintage: int = 0
    authorization: AuthorizationRef | None = None
    metric: Metric | None = None
    non_ghg_metric: str = ""
    mitigation_type: MitigationType | None = None
    sector: str = ""
    activity_type: str = ""
    underlying: Underlying | None = None
    cer: Cer | None = None
    activity: str = ""
    outside_ndc_scope: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedBlock:
    """A block as its proposer wrote it; first and last may be reversed, zero or huge."""

    registry: str
    first: int
    last: int
    declared_quantity: int | None = None
    attributes: Attributes | None = None

    @property
    def range(self) -> SerialRange | None:
        """The serial range, or None where first and last do not make one."""
        # type() rather than isinstance(): True and 1.0 compare like numbers and are none.
        if type(self.first) is not int or type(self.last) is not int:
            return None
        if 1 <= self.first <= self.last <= MAX_SERIAL:
            return SerialRange(self.first, self.last)
        return None


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
        if 1 <= self.first <= self.last <= MAX_SERIAL:
            return SerialRange(self.first, self.last)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A transaction as its proposer wrote it. Only transaction_id is known to be well formed."""

    transaction_id: TransactionId
    type: TransactionType
    from_account: str
    to_account: str
    from_registry: str
    to_registry: str
    blocks: tuple[ProposedBlock, ...]
    completion: Completion = Completion.ON_ACCEPTANCE
    first_transfer: bool | None = None
    year_of_use: int | None = None
    purpose: str = ""
    entity: str = ""
    deadline: datetime | None = None
    reverses: TransactionId | None = None
    """The completed transfer that a reversal undoes."""
    allotments: tuple[Allotment, ...] = ()
    notice_id: str = ""
    """The notice that it acknowledges."""

    @property
    def between_registries(self) -> bool:
        """True when the two sides are different registries, so that a receiver must accept."""
        return self.from_registry != self.to_registry


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryFacts:
    """A registry."""

    registry: RegistryId
    party: PartyCode
    node: NodeId
    status: OperationalStatus
    level: SharingLevel = SharingLevel.TRANSACT
    """How much it shares; a registry that never stated anything takes part in full."""
    switched_off: frozenset[Switch] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NdcPeriod:
    """An implementation period of an NDC."""

    years: YearSpan
    target: NdcTarget
    method: AdjustmentMethod
    first_or_first_updated: bool = True
    finality_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyFacts:
    """What the clearing-house knows of a Party. None and empty mean: not known."""

    party: PartyCode
    participation: Participation | None = None
    initial_report_date: date | None = None
    ndc_periods: tuple[NdcPeriod, ...] = ()
    methods_stated: Mapping[YearSpan, frozenset[AdjustmentMethod]] = field(default_factory=dict)
    """Every method ever stated for a period; more than one breaks CA_METHOD_FIXED."""

    def period_of(self, year: int) -> NdcPeriod | None:
        """The implementation period that the year lies in."""
        return next((period for period in self.ndc_periods if year in period.years), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """An account."""

    account_id: AccountId
    registry: RegistryId
    account_type: int
    ndc_period: YearSpan | None = None
    non_ghg_metric: str = ""
    entity: str = ""
    closed: bool = False
    role: AccountRole | None = None
    party: PartyCode | None = None
    """Party that the account is tied to, where its registry is no Party's (7/CMA.4 annex I
    para 33); None elsewhere, and where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachFacts:
    """A cooperative approach."""

    cooperative_approach: CooperativeApproachId
    parties: frozenset[PartyCode]
    sectors: frozenset[str]
    activity_types: frozenset[str]
    metric: Metric
    non_ghg_metric: str = ""
    evidence_count: int = 0
    authorization_timing: AuthorizationTiming = AuthorizationTiming.ANY_TIME


@dataclass(frozen=True, slots=True)
class PurposeQuantity:
    """How much may be used for any of some purposes."""

    purposes: frozenset[Purpose]
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationVersion:
    """One version of an authorization."""

    id: AuthorizationId
    version: int
    party: PartyCode
    cooperative_approach: CooperativeApproachId
    purposes: frozenset[Purpose]
    quantity: int | None
    parties: frozenset[PartyCode]
    entities: frozenset[str]
    vintages: YearSpan
    use_years: YearSpan | None
    definition: FirstTransferDefinition | None
    other_purposes: str
    date: date
    covers: CoveredUnits = field(default_factory=CoveredUnits)
    revoked: bool = False
    quantity_is_limit: bool = False
    binds_first_transferred: bool = False
    kinds: frozenset[AuthorizationKind] = frozenset(AuthorizationKind)
    yearly_quantities: Mapping[int, int] = field(default_factory=dict)
    purpose_quantities: tuple[PurposeQuantity, ...] = ()
    ndc_periods: tuple[YearSpan, ...] = ()
    start: Day | None = None
    end: Day | None = None
    permitted_changes: frozenset[AuthorizationElement] = frozenset()
    changed_elements: frozenset[AuthorizationElement] = frozenset()
    difference: str = ""
    revocation_reason: str = ""
    revocation_ground: RevocationGround | None = None
    elements: Mapping[AuthorizationElement, str] = field(default_factory=dict)
    """What the letter says under each element; two versions differ in what differs here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationHistory:
    """All versions of one authorization, oldest first, and what was recorded under it."""

    versions: tuple[AuthorizationVersion, ...]
    issued_quantity: int = 0
    reserved_quantity: int = 0
    """Units of open issuances: validated, and not yet issued."""
    used: Mapping[Purpose, int] = field(default_factory=dict)  # or cancelled, by purpose

    @property
    def latest(self) -> AuthorizationVersion:
        """The version in force for units not yet first transferred."""
        return self.versions[-1]

    def version(self, number: int) -> AuthorizationVersion | None:
        """The version with that number."""
        return next((version for version in self.versions if version.version == number), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Stored units: a live range with one holder, clipped to the proposed block."""

    registry: RegistryId
    range: SerialRange
    account_id: AccountId
    account_type: int
    attributes: Attributes
    first_transferred: bool
    locked_by: TransactionId | None
    authorized_at_issuance: bool = True
    """False: the units were issued without an authorization for a purpose, and got it later or never."""
    first_transfers_reversed: int = 0
    """How often a first transfer of these units was reversed."""
    moved_by: str = ""
    """The transaction that brought the units where they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFacts:
    """A proposed block and what its proposer may know of its range, in serial order."""

    proposed: ProposedBlock
    segments: tuple[Segment, ...] = ()
    """Stored units in accounts of the source account's registry, if its node proposes; none of others."""
    issued_before: tuple[SerialRange, ...] = ()
    """Some of the serials to be issued that its registry issued before."""
    underlying_taken: tuple[tuple[Underlying, str], ...] = ()
    """Proposed underlying units that back others, with the units that they back."""
    underlying_ended: tuple[tuple[Underlying, str], ...] = ()
    """Proposed underlying units that their programme cancelled or saw used, with its message."""
    waiting: tuple[tuple[SerialRange, TransactionId], ...] = ()  # for open issuances
    bound: tuple[BoundUnits, ...] = ()
    """Units of the range that wait for a transaction which names a notice."""

    @property
    def covered_quantity(self) -> int:
        """Number of units of the range that the proposer may know."""
        return sum(segment.range.quantity for segment in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachTotals:
    """Units of a cooperative approach by what became of them."""

    first_transferred: int = 0
    used_or_cancelled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversedFacts:
    """The transaction that a reversal names, as it was completed."""

    type: TransactionType
    completed: bool
    from_account: str
    to_account: str
    from_registry: str
    to_registry: str
    blocks: tuple[tuple[RegistryId, SerialRange], ...]
    first_transfer: tuple[tuple[RegistryId, SerialRange], ...]
    entries: tuple[PlannedEntry, ...]
    agreed: bool
    """The broker's operator agreed after a manual review."""
    reversed_by: TransactionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the checks of one proposed transaction may know."""

    now: datetime
    message: MessageFacts
    proposed: Proposed
    transaction_known: bool
    from_registry: RegistryFacts | None
    to_registry: RegistryFacts | None
    from_account: AccountFacts | None
    to_account: AccountFacts | None
    blocks: tuple[BlockFacts, ...]
    parties: Mapping[str, PartyFacts]
    approaches: Mapping[str, ApproachFacts]
    """By canonical six-digit id."""
    authorizations: Mapping[tuple[str, str], AuthorizationHistory]
    """By (Party, authorization id)."""
    approach_totals: Mapping[str, ApproachTotals]
    reversed: ReversedFacts | None = None
    """What a reversal undoes; None: not a reversal, or not known."""
    allotment_accounts: Mapping[str, AccountFacts] = field(default_factory=dict)
    """Accounts that allotments name, where they are known."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """Windows that have not ended."""
    registrations: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """When activities were registered, by cooperative approach and activity."""
