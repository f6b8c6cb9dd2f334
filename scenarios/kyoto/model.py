# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a scenario file says in the words of the Kyoto rulebook, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.codes import Mechanism, ProjectStatus, Track
from broker.rulebook.kyoto.log_notice import NoticeStatus
from broker.rulebook.kyoto.tables import CommitmentPeriod
from itmo.identifiers import CooperativeApproachId, PartyCode, RegistryId
from itmo.lifecycle import Completion
from sef.archive_trail import TrailType

# -- what the operator states ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountSpec:
    """An assigned amount; the base is 0 where the file does not tell it."""

    quantity: int
    base_emissions: int = 0
    base_year: int = 0
    per_myriad: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceSpec:
    """That compliance with a period is settled, or, without a day, that it is not."""

    settled: date | None
    emissions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyPeriodSpec:
    """What is stated of a Party for a period."""

    amount: AmountSpec | None = None
    allowances: Mapping[int, int] = field(default_factory=dict)
    """RMUs by activity."""
    compliance: ComplianceSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InventorySpec:
    """A reviewed inventory of a year."""

    year: int
    emissions: int
    reviewed: date | None
    """None: when it is stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoPartySpec:
    """What is stated of a Party; None where nothing is."""

    eligible: bool | None = None
    cers: bool = True
    periods: Mapping[int, PartyPeriodSpec] = field(default_factory=dict)
    inventories: tuple[InventorySpec, ...] = ()
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationSpec:
    """A verification of a project; numbered in the order of the file."""

    number: int
    start: date
    end: date
    quantity: int
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSpec:
    """A request for units of an activity; numbered in the order of the file."""

    number: int
    quantity: int
    on: date | None
    """None: when it is stated."""
    paid_before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSpec:
    """A share of proceeds for administration that was paid, in cents of a dollar; on the day it is stated."""

    number: int
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSpec:
    """A project; `project` is its host Party and number, as it travels.

    Attributes:
        mechanism: None: as the story has it.
        track: None: either.
    """

    project: str
    mechanism: Mechanism | None
    track: Track | None
    status: ProjectStatus
    land_use: bool
    exempt: bool
    programme: str
    title: str
    verifications: tuple[VerificationSpec, ...]
    requests: tuple[RequestSpec, ...] | None = None
    """None: as the story has it."""
    payments: tuple[PaymentSpec, ...] = ()
    letters: tuple[PartyCode, ...] | None = None
    """Parties to which its units may be forwarded; None: every one."""
    registered: date | None = None
    """When it was registered; None: nobody says."""
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoWorld:
    """What the operator states, at the start or in a step."""

    periods: Mapping[int, CommitmentPeriod] = field(default_factory=dict)
    parties: Mapping[PartyCode, KyotoPartySpec] = field(default_factory=dict)
    projects: Mapping[str, ProjectSpec] = field(default_factory=dict)


# -- steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoBlockSpec:
    """A block of units; 0, "" and None where nothing is stated.

    Attributes:
        unit: AAU, RMU, ERU, CER, tCER or lCER; an ERU from an RMU is one with an activity.
        project: Host Party and number.
        replaced: Whether it is named as what others replace.
    """

    registry: RegistryId
    first: int
    last: int
    quantity: int | None = None
    unit: str = ""
    period: int = 0
    applicable_period: int = 0
    activity: int = 0
    project: str = ""
    track: Track | None = None
    expiry: date | None = None
    replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginsSpec:
    """What begins under the rulebook paris as CERs end.

    Attributes:
        ending_account: In which the CERs end, by its name in the file.
        number_from: First serial number; the blocks follow one another.
        registered: When the activity was.
        kyoto_serial: Of a single block; empty: that of the units, as the node writes it.
    """

    ending_account: str
    number_from: int
    vintage: int
    approach: CooperativeApproachId
    registered: date
    kyoto_serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoPropose:
    """A registry proposes a transaction; accounts by their names in the file.

    Attributes:
        from_account: Empty: the account that holds the units.
        project: What units become in a conversion.
        track: The same.
        to_period: What they become in a carry-over.
        expiry: What they become in a change of the date of expiry.
        log_notice: Number of the notice that it answers; 0: none.
        corrective: Whether it carries out a correction by the Compliance Committee.
        begins: Of a transition, what begins; None elsewhere.
    """

    verb: str
    type: TransactionType
    id: str
    from_account: str
    to_account: str
    blocks: tuple[KyotoBlockSpec, ...]
    completion: Completion = Completion.ON_ACCEPTANCE
    deadline: timedelta | None = None
    note: str = ""
    project: str = ""
    track: Track | None = None
    to_period: int = 0
    expiry: date | None = None
    activity: int = 0
    supplementary_type: int = 0
    log_notice: int = 0
    corrective: bool = False
    purpose: str = ""
    beneficiary: str = ""
    reissued_in: str = ""
    opening: str = ""
    """Issuances: the opening whose units are brought in; empty: new units."""
    had_left: bool = False
    were_replaced: bool = False
    monitored: tuple[date, date] | None = None
    """Issuances: first and last day of the monitoring period; None: not stated."""
    share_of_proceeds: int | None = None
    """Units of an issuance that go to the Adaptation Fund; None: as many as the rule says."""
    begins: BeginsSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayShare:
    """The share of proceeds for administration is paid, for units that may be asked for with it."""

    activity: str
    """Host Party and number."""
    payment: PaymentSpec
    request: RequestSpec | None
    verb: str = "pay_share"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNoticeSpec:
    """A notice of the log to a registry; 0, "" and None where it says nothing.

    Attributes:
        id: Its name in the file; of an update that of the notice that it updates.
        number: Its number in the log, from 1, in the order of the file.
        type: 1 to 13.
        status: None: as its transactions have it.
    """

    id: str
    number: int
    type: int
    registry: RegistryId
    period: int = 0
    project: str = ""
    unit: str = ""
    quantity: int = 0
    due: date | None = None
    expiry: date | None = None
    activity: int = 0
    units: tuple[KyotoBlockSpec, ...] = ()
    status: NoticeStatus | None = None
    text: str = ""
    verb: str = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoState:
    """The operator states something more, in the words of the world at the start."""

    world: KyotoWorld
    verb: str = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceSpec:
    """Units of an archive, and the account that they lie in."""

    account: str
    block: KyotoBlockSpec
    had_left: bool
    were_replaced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSpec:
    """A completed transaction that an archive tells of.

    Attributes:
        giver: An account of the file, or a registry.
        taker: The same.
        blocks: What the units were after it.
    """

    at: datetime
    id: str
    type: TrailType
    giver: str
    taker: str
    blocks: tuple[KyotoBlockSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningSpec:
    """What a registry brings along from its archive."""

    id: str
    registry: RegistryId
    balances: tuple[BalanceSpec, ...]
    past: tuple[PastSpec, ...]
    verb: str = "opening"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRegistry:
    """A registry is closed with a sealed export."""

    registry: RegistryId
    verb: str = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveActivity:
    """An activity goes on under Article 6.4.

    Attributes:
        activity: Host Party and number.
        from_day: First day of monitoring for which it issues there; None: it did not move.
        moved_to: What it is called there.
    """

    activity: str
    from_day: date | None
    moved_to: str
    verb: str = "move_activity"


Operated = KyotoState | PayShare | LogNoticeSpec | OpeningSpec | CloseRegistry | MoveActivity
"""What a step lets the operator state."""
KyotoAction = KyotoPropose | Operated

# -- expectations at the end ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldExpectation:
    """Units of a registry in accounts of a type; what is left out is not told apart."""

    registry: RegistryId
    account_type: int
    period: int
    unit: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoUnitExpectation:
    """Where a unit is and what it is now; None where nothing is expected."""

    registry: RegistryId
    serial: int
    account: str | None = None
    unit: str | None = None
    period: int | None = None
    project: str | None = None
    expiry: date | None = None
    locked: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SefExpectation:
    """A cell of a Party's report in the standard electronic format; 0 stands for NO."""

    party: PartyCode
    year: int
    period: int
    table: str
    row: str
    side: str
    unit: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoExpectations:
    """What must have come out at the end."""

    held: tuple[HeldExpectation, ...] = ()
    by_unit: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Units by account and unit type."""
    totals: Mapping[PartyCode, Mapping[int, Mapping[str, int]]] = field(default_factory=dict)
    """What was counted of a Party for a period, by word."""
    units: Mapping[str, KyotoUnitExpectation] = field(default_factory=dict)
    sef: tuple[SefExpectation, ...] = ()
