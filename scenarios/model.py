# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a scenario file says, read and checked. Times are resolved, names are known to exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.registries import OperationalStatus
from broker.rulebook.general.reported import ReportedActionType
from broker.rulebook.general.sharing import CheckRole, ReportFrequency, SharingLevel
from broker.rulebook.paris.accounts import AccountRole
from broker.rulebook.paris.attributes import Cer, Metric, MitigationType, Underlying, UnitType
from broker.rulebook.paris.authorization import AuthorizationTiming
from broker.rulebook.paris.noticed import ProgrammeEventKind
from broker.rulebook.paris.proposal import AllotmentPurpose
from broker.rulebook.paris.purposes import FirstTransferDefinition, Purpose
from broker.rulebook.paris.years import AdjustmentMethod, NdcTarget, YearSpan
from itmo.identifiers import CooperativeApproachId, NodeId, PartyCode, RegistryId
from itmo.lifecycle import Completion, Event, State
from itmo.node_kinds import NodeKind
from scenarios.books import Reconcile, Resolve
from scenarios.expectations import Expectations
from scenarios.kyoto.model import KyotoAction, KyotoPartySpec, KyotoWorld

BROKER = "broker"
"""What a scenario calls the clearing-house; no node may take the name."""


class Rulebook(StrEnum):
    """By which rulebook something is judged."""

    PARIS = "paris"
    KYOTO = "kyoto"


RULEBOOKS = {each.value: each for each in Rulebook}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A registry says how much it shares, and which optional checks it does without."""

    registry: RegistryId
    level: SharingLevel
    frequency: ReportFrequency | None = None
    without: tuple[tuple[str, CheckRole], ...] = ()
    verb: str = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpec:
    """A registry node: who runs what."""

    name: NodeId
    kind: NodeKind
    registries: tuple[RegistryId, ...]
    parties: tuple[PartyCode, ...]
    """Parties whose authorizations and inventories it signs."""
    sharing: tuple[Share, ...] = ()
    """Registries of it that do not take part in full from the start."""
    programmes: tuple[str, ...] = ()
    """Crediting programmes it speaks for; kind PROGRAMME only."""
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NdcSpec:
    """An implementation period of a Party's NDC."""

    years: YearSpan
    target: NdcTarget
    method: AdjustmentMethod
    first_or_first_updated: bool = True
    finality: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartySpec:
    """What the accounts need to know of a Party."""

    party: PartyCode
    ndc: tuple[NdcSpec, ...]
    inventory: Mapping[int, int] = field(default_factory=dict)
    inventory_part: Mapping[int, int] = field(default_factory=dict)
    """What of it unquantified policies and measures affect (2/CMA.3 annex para 10)."""
    targets: Mapping[int, int] = field(default_factory=dict)
    """The trajectory or budget of each year."""
    indicators: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """Values of indicators that are not in greenhouse gases, by metric."""
    eligible: bool = True
    initial_report: date | None
    kyoto: KyotoPartySpec = field(default_factory=KyotoPartySpec)
    unknown: bool = False
    """Nothing is stated of it."""
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachSpec:
    """A cooperative approach as the reporting platform lists it."""

    id: CooperativeApproachId
    title: str
    parties: tuple[PartyCode, ...]
    sectors: tuple[str, ...]
    activity_types: tuple[str, ...]
    metric: Metric
    non_ghg_metric: str = ""
    evidence: bool = True
    timing: AuthorizationTiming = AuthorizationTiming.ANY_TIME
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSpec:
    """An account, under the name that the scenario gives it."""

    name: str
    registry: RegistryId
    type: int
    ndc: YearSpan | None = None
    non_ghg_metric: str = ""
    entity: str = ""
    rulebook: Rulebook = Rulebook.PARIS
    period: int = 0
    """Commitment period of an account of the rulebook kyoto; 0 where it is for none."""
    role: AccountRole | None = None
    """What it is for in the mechanism registry."""
    party: PartyCode | None = None
    """Party that an account of the mechanism registry is tied to."""
    unknown: bool = False
    """It is never opened; perhaps nobody runs its registry."""
    line: int = 1


# -- steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Elements:
    """Elements of an authorization; None where the scenario does not state one."""

    cooperative_approach: CooperativeApproachId | None = None
    purposes: tuple[Purpose, ...] | None = None
    quantity: int | None = None
    parties: tuple[PartyCode, ...] | None = None
    entities: tuple[str, ...] | None = None
    vintages: YearSpan | None = None
    use_years: YearSpan | None = None
    first_transfer: FirstTransferDefinition | None = None
    other_purposes: str | None = None
    date: date | None = None
    terms: str | None = None
    conditions_of_change: str | None = None
    quantity_is_limit: bool | None = None
    binds_first_transferred: bool | None = None
    template: Mapping[str, object] | None = None
    """What the standard electronic template has besides, as its keys are written there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorize:
    """A Party authorizes, changes an authorization, or revokes it: each makes a version."""

    verb: str
    id: str
    party: PartyCode
    version: int | None = None
    elements: Elements
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSpec:
    """A block of units as a proposer would write it; None and "" where nothing is stated."""

    registry: RegistryId
    first: int
    last: int
    quantity: int | None = None
    vintage: int | None = None
    authorization: str | None = None
    cooperative_approach: CooperativeApproachId | None = None
    first_transferring_party: PartyCode | None = None
    unit_type: UnitType | None = None
    metric: Metric | None = None
    non_ghg_metric: str | None = None
    mitigation_type: MitigationType | None = None
    sector: str | None = None
    activity_type: str | None = None
    outside_ndc_scope: bool | None = None
    underlying: Underlying | None = None
    activity: str | None = None
    cer: Cer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllotmentSpec:
    """Units of an issuance that go elsewhere at once."""

    purpose: AllotmentPurpose
    account: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose:
    """A registry proposes a transaction."""

    verb: str
    type: TransactionType
    id: str
    from_account: str
    to_account: str
    blocks: tuple[BlockSpec, ...]
    completion: Completion = Completion.ON_ACCEPTANCE
    first_transfer: bool | None = None
    year: int | None = None
    purpose: str = ""
    entity: str = ""
    deadline: timedelta | None = None
    """Time-out after the proposal; None: the clearing-house's own."""
    note: str = ""
    allotments: tuple[AllotmentSpec, ...] = ()
    notice: str = ""
    """The notice that it acknowledges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A node proposes several transactions under one signature."""

    verb: str
    proposals: tuple[Propose, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse:
    """The receiver of a completed transfer proposes to reverse it."""

    verb: str
    id: str
    reverses: str
    """The transfer, by its name in the scenario."""
    agreed: bool = True
    """Whether the clearing-house's operator agrees first, if it has not done so before."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A side of an open transaction accepts, rejects, completes or withdraws it."""

    verb: str
    event: Event
    ids: tuple[str, ...]
    """Several are answered under one signature."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus:
    """The clearing-house's operator suspends or resumes a registry."""

    verb: str
    registry: RegistryId
    status: OperationalStatus
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """An activity of a cooperative approach is registered; the operator records it, or a node."""

    verb: str
    activity: str
    approach: CooperativeApproachId
    date: date | None = None
    node: str = ""
    """The node that registers it; empty: the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedHolding:
    """Units in an account of a type, as a registry reports them."""

    account_type: int
    blocks: tuple[BlockSpec, ...]
    first_transferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAction:
    """Something done with units, as a registry reports it."""

    id: str
    kind: ReportedActionType
    at: datetime | None
    """None: now."""
    blocks: tuple[BlockSpec, ...]
    account_type: int = 0
    counterparty: RegistryId | None = None
    year: int | None = None
    first_transferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A registry reports what is in its books."""

    registry: RegistryId
    complete: bool
    holdings: tuple[ReportedHolding, ...]
    actions: tuple[ReportedAction, ...]
    verb: str = "report"


class Disturbance(StrEnum):
    """What can befall a program."""

    OFFLINE = "offline"
    ONLINE = "online"
    CRASH = "crash"
    RESTART = "restart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturb:
    """A node loses its connection or its process, or gets it back; or the broker its process."""

    disturbance: Disturbance
    node: str

    @property
    def verb(self) -> str:
        """The name of the step."""
        return self.disturbance.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """A Party gives issued units another authorization or vintage."""

    verb: str
    id: str
    party: PartyCode
    blocks: tuple[BlockSpec, ...]
    authorization: str | None = None
    vintage: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderlyingEvent:
    """A crediting programme cancels units of its own, or sees them used."""

    verb: str
    id: str
    node: str
    programme: str
    kind: ProgrammeEventKind
    first: str
    last: str
    date: date | None = None
    beneficiary: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """A node says that it read a notice."""

    verb: str
    notice: str
    node: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The administrators of one node write to those of registries and programmes."""

    verb: str
    id: str
    node: str
    recipients: tuple[str, ...]
    subject: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintain:
    """The operator announces a window without new proposals."""

    verb: str
    registry: str
    start: datetime | None
    end: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Time passes; nothing else happens."""

    verb: str = "wait"


Said = Notify | UnderlyingEvent | Acknowledge | Write | Maintain
"""What one side lets others know."""

Action = (
    Authorize | Propose | Batch | Reverse | Answer | SetStatus | Said | Disturb | Wait | Share | Report
    | Register | KyotoAction | Reconcile | Resolve
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StepExpectation:
    """What must hold after a step."""

    state: State | None = None
    findings: tuple[str, ...] = ()
    states: Mapping[str, State] = field(default_factory=dict)
    """Of transactions by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that happens, at a time."""

    index: int
    """Position in the list of steps, from 0."""
    line: int
    time: datetime
    """What the clock shows when it happens."""
    action: Action
    expect: StepExpectation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A whole scenario."""

    file: str
    title: str
    clock: datetime
    rulebooks: frozenset[Rulebook] = frozenset({Rulebook.PARIS})
    """Those that rule in it."""
    nodes: tuple[NodeSpec, ...]
    parties: Mapping[PartyCode, PartySpec]
    approaches: Mapping[CooperativeApproachId, ApproachSpec]
    kyoto: KyotoWorld = field(default_factory=KyotoWorld)
    accounts: Mapping[str, AccountSpec]
    steps: tuple[Step, ...]
    expect: Expectations
