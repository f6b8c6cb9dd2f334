# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Base cases of the vectors: transactions in which everything is in order.

Thailand (host, THA01) and Switzerland (user, CHE01) in approach CA000003; quantities of the first
real transfer. Each base is a tree of dataclasses; a vector overrides single places in it.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from broker.rulebook.general.message import MessageFacts
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.registries import OperationalStatus, RegistryFacts
from broker.rulebook.paris.accounts import AccountRole, ParisAccount
from broker.rulebook.paris.approaches import ApproachFacts, ApproachTotals
from broker.rulebook.paris.attributes import (
    Attributes,
    AuthorizationRef,
    Cer,
    Metric,
    MitigationType,
    UnitType,
)
from broker.rulebook.paris.authorization import AuthorizationHistory, AuthorizationVersion
from broker.rulebook.paris.blocks import ParisBlock, ParisSegment
from broker.rulebook.paris.bookings import EntryKind, PlannedEntry
from broker.rulebook.paris.case import ParisCase, ParisReversed
from broker.rulebook.paris.ended import EndedCers
from broker.rulebook.paris.parties import Participation, PartyFacts
from broker.rulebook.paris.proposal import (
    Allotment,
    AllotmentPurpose,
    ParisProposed,
    ParisProposedBlock,
)
from broker.rulebook.paris.purposes import FirstTransferDefinition, Purpose
from broker.rulebook.paris.years import AdjustmentMethod, NdcPeriod, NdcTarget, YearSpan
from itmo.identifiers import (
    AccountId,
    AuthorizationId,
    CooperativeApproachId,
    NodeId,
    RegistryId,
    TransactionId,
    make_account_id,
)
from itmo.parties import PartyCode
from itmo.serials import SerialRange

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
TX = TransactionId("01930000-0000-7000-8000-000000000001")
OTHER_TX = TransactionId("01930000-0000-7000-8000-000000000002")
PERIOD = YearSpan(2021, 2030)


def account_id(registry: str, kind: int, running: int = 1) -> AccountId:
    return make_account_id(RegistryId(registry), kind, running)


def account(registry: str, kind: int, running: int = 1) -> ParisAccount:
    return ParisAccount(
        account_id=account_id(registry, kind, running),
        registry=RegistryId(registry),
        account_type=kind,
        ndc_period=PERIOD if kind == 200 else None,
    )


def registry(code: str) -> RegistryFacts:
    return RegistryFacts(
        registry=RegistryId(code),
        party=PartyCode(code[:3]),
        node=NodeId(f"{code[:3].lower()}-node"),
        status=OperationalStatus.OPERATIONAL,
    )


def party(code: str) -> PartyFacts:
    averaging = code == "THA"
    method = AdjustmentMethod.AVERAGING if averaging else AdjustmentMethod.TRAJECTORY
    return PartyFacts(
        party=PartyCode(code),
        participation=Participation(
            party_to_agreement=True,
            ndc_in_force=True,
            authorization_arrangements=True,
            tracking_arrangements=True,
            latest_inventory=True,
        ),
        initial_report_date=date(2023, 1, 1),
        ndc_periods=(
            NdcPeriod(
                years=PERIOD,
                target=NdcTarget.SINGLE_YEAR if averaging else NdcTarget.MULTI_YEAR,
                method=method,
            ),
        ),
        methods_stated={PERIOD: frozenset({method})},
    )


def authorization(**changes: object) -> AuthorizationVersion:
    version = AuthorizationVersion(
        id=AuthorizationId("1006.4/2810"),
        version=1,
        party=PartyCode("THA"),
        cooperative_approach=CooperativeApproachId("CA000003"),
        purposes=frozenset({Purpose.NDC}),
        quantity=500000,
        parties=frozenset({PartyCode("CHE")}),
        entities=frozenset(),
        vintages=YearSpan(2022, 2030),
        use_years=None,
        definition=None,
        other_purposes="",
        date=date(2023, 8, 2),
    )
    return replace(version, **changes)  # type: ignore[arg-type]


def attributes(**changes: object) -> Attributes:
    stated = Attributes(
        unit_type=UnitType.ITMO,
        cooperative_approach="CA000003",
        first_transferring_party="THA",
        vintage=2022,
        authorization=AuthorizationRef("1006.4/2810", 1),
        metric=Metric.GHG,
        mitigation_type=MitigationType.EMISSION_REDUCTIONS,
        sector="Transportation",
        activity_type="Transport",
    )
    return replace(stated, **changes)  # type: ignore[arg-type]


def _facts(
    kind: TransactionType, source: ParisAccount, target: ParisAccount, block: ParisBlock
) -> ParisCase:
    giver, taker = registry(source.registry), registry(target.registry)
    return ParisCase(
        now=NOW,
        message=MessageFacts(
            sender_node=giver.node,
            sender_registries=frozenset({giver.registry}),
            creation_time=NOW - timedelta(seconds=2),
            clock_tolerance=timedelta(minutes=10),
        ),
        proposed=ParisProposed(
            transaction_id=TX,
            type=kind,
            from_account=source.account_id,
            to_account=target.account_id,
            from_registry=source.registry,
            to_registry=target.registry,
            blocks=(block.proposed,),
        ),
        transaction_known=False,
        from_registry=giver,
        to_registry=taker,
        from_account=source,
        to_account=target,
        blocks=(block,),
        parties={code: party(code) for code in ("THA", "CHE")},
        approaches={
            "CA000003": ApproachFacts(
                cooperative_approach=CooperativeApproachId("CA000003"),
                parties=frozenset({PartyCode("THA"), PartyCode("CHE")}),
                sectors=frozenset({"Transportation"}),
                activity_types=frozenset({"Transport"}),
                metric=Metric.GHG,
                evidence_count=1,
            )
        },
        authorizations={
            ("THA", "1006.4/2810"): AuthorizationHistory(versions=(authorization(),)),
        },
        approach_totals={"CA000003": ApproachTotals()},
    )


def _held(where: ParisAccount, *, first_transferred: bool) -> ParisBlock:
    return ParisBlock(
        proposed=ParisProposedBlock(registry="THA01", first=1, last=1916),
        segments=(
            ParisSegment(
                registry=RegistryId("THA01"),
                range=SerialRange(1, 1916),
                account_id=where.account_id,
                account_type=where.account_type,
                attributes=attributes(),
                first_transferred=first_transferred,
                locked_by=None,
            ),
        ),
    )


def issuance() -> ParisCase:
    where = account("THA01", 100)
    block = ParisBlock(
        proposed=ParisProposedBlock(registry="THA01", first=1, last=1916, attributes=attributes())
    )
    return _facts(TransactionType.ISSUANCE, where, where, block)


def transfer() -> ParisCase:
    source, target = account("THA01", 100), account("CHE01", 100)
    return _facts(TransactionType.TRANSFER, source, target, _held(source, first_transferred=False))


def reversal() -> ParisCase:
    """Switzerland gives back what Thailand first transferred to it."""
    source, target = account("CHE01", 100), account("THA01", 100)
    held = _held(source, first_transferred=True)
    segments = tuple(replace(each, moved_by=OTHER_TX) for each in held.segments)
    held = replace(held, segments=segments)
    facts = _facts(TransactionType.REVERSAL, source, target, held)
    block = (RegistryId("THA01"), SerialRange(1, 1916))
    entry = PlannedEntry(
        party=PartyCode("THA"),
        year=2022,
        quantity=1916,
        kind=EntryKind.FIRST_TRANSFER,
        metric="GHG",
        registry=block[0],
        range=block[1],
    )
    before = ParisReversed(
        type=TransactionType.TRANSFER,
        completed=True,
        from_account=target.account_id,
        to_account=source.account_id,
        from_registry="THA01",
        to_registry="CHE01",
        blocks=(block,),
        first_transfer=(block,),
        entries=(entry,),
        agreed=True,
    )
    return replace(
        facts,
        proposed=replace(facts.proposed, reverses=OTHER_TX),
        reversed=before,
        approach_totals={"CA000003": ApproachTotals(first_transferred=1916)},
    )


def use() -> ParisCase:
    source, target = account("CHE01", 100), account("CHE01", 200)
    facts = _facts(TransactionType.USE, source, target, _held(source, first_transferred=True))
    return replace(
        facts,
        proposed=replace(facts.proposed, year_of_use=2024),
        approach_totals={"CA000003": ApproachTotals(first_transferred=1916)},
    )


def cancellation() -> ParisCase:
    """By the host, for other purposes; the cancellation is the first transfer."""
    source, target = account("THA01", 100), account("THA01", 300)
    facts = _facts(
        TransactionType.CANCELLATION, source, target, _held(source, first_transferred=False)
    )
    terms = authorization(
        purposes=frozenset({Purpose.OP}),
        definition=FirstTransferDefinition.USE_OR_CANCELLATION,
        other_purposes="CORSIA",
    )
    return replace(
        facts,
        proposed=replace(facts.proposed, purpose="CORSIA", entity="Airline 7"),
        authorizations={("THA", "1006.4/2810"): AuthorizationHistory(versions=(terms,))},
    )


def cer_use() -> ParisCase:
    """Certified emission reductions from before 2021; they have no authorization."""
    facts = use()
    block = facts.blocks[0]
    stated = attributes(
        unit_type=UnitType.CER,
        vintage=2018,
        authorization=None,
        cer=Cer("TH-5-1-1916-2-2-0-1234", "2014-05-01", temporary=False),
    )
    segment = replace(block.segments[0], attributes=stated, first_transferred=False)
    return replace(facts, blocks=(replace(block, segments=(segment,)),))


def mechanism_use() -> ParisCase:
    """Use inside the mechanism registry, by accounts tied to Switzerland."""
    facts = use()
    source = replace(account("XMR01", 100), party=PartyCode("CHE"))
    target = replace(account("XMR01", 200), party=PartyCode("CHE"))
    block = facts.blocks[0]
    segment = replace(block.segments[0], account_id=source.account_id)
    mechanism = registry("XMR01")
    return replace(
        facts,
        message=replace(
            facts.message,
            sender_node=mechanism.node,
            sender_registries=frozenset({mechanism.registry}),
        ),
        proposed=replace(
            facts.proposed,
            from_account=source.account_id,
            to_account=target.account_id,
            from_registry="XMR01",
            to_registry="XMR01",
        ),
        from_registry=mechanism,
        to_registry=mechanism,
        from_account=source,
        to_account=target,
        blocks=(replace(block, segments=(segment,)),),
    )


def mechanism_issuance() -> ParisCase:
    """10 000 authorized A6.4ERs of Thailand: 500 to the Adaptation Fund, 200 cancelled."""
    facts = issuance()
    mechanism = registry("XMR01")
    pending = replace(account("XMR01", 100, 1), role=AccountRole.PENDING)
    fund = replace(account("XMR01", 100, 2), role=AccountRole.ADAPTATION_FUND)
    omge = replace(account("XMR01", 310, 1), role=AccountRole.MANDATORY_OMGE)
    block = facts.blocks[0].proposed
    assert block.attributes is not None
    stated = replace(block.attributes, cooperative_approach="CA000001", activity="PoA 10471")
    made = replace(
        block, registry="XMR01", first=1, last=10_000, declared_quantity=None, attributes=stated
    )
    history = facts.authorizations[("THA", "1006.4/2810")]
    versions = tuple(
        replace(each, cooperative_approach=CooperativeApproachId("CA000001"))
        for each in history.versions
    )
    return replace(
        facts,
        message=replace(
            facts.message,
            sender_node=mechanism.node,
            sender_registries=frozenset({mechanism.registry}),
        ),
        proposed=replace(
            facts.proposed,
            from_account=pending.account_id,
            to_account=pending.account_id,
            from_registry="XMR01",
            to_registry="XMR01",
            blocks=(made,),
            allotments=(
                Allotment(
                    purpose=AllotmentPurpose.SHARE_OF_PROCEEDS,
                    account=fund.account_id,
                    first=1,
                    last=500,
                ),
                Allotment(
                    purpose=AllotmentPurpose.OMGE, account=omge.account_id, first=501, last=700
                ),
            ),
        ),
        from_registry=mechanism,
        to_registry=mechanism,
        from_account=pending,
        to_account=pending,
        blocks=(ParisBlock(proposed=made),),
        approaches={
            **facts.approaches,
            "CA000001": replace(
                facts.approaches["CA000003"],
                cooperative_approach=CooperativeApproachId("CA000001"),
            ),
        },
        approach_totals={**facts.approach_totals, "CA000001": ApproachTotals()},
        authorizations={("THA", "1006.4/2810"): replace(history, versions=versions)},
        allotment_accounts={fund.account_id: fund, omge.account_id: omge},
    )


def cer_issuance() -> ParisCase:
    """1 916 CERs of a Thai activity, brought over into the mechanism registry."""
    facts = mechanism_issuance()
    proposed = facts.blocks[0].proposed
    assert proposed.attributes is not None
    stated = replace(
        proposed.attributes,
        unit_type=UnitType.CER,
        vintage=2018,
        authorization=None,
        activity="CDM 1234",
        cer=Cer("TH-5-1-1916-2-2-0-1234", "2014-05-01", temporary=False),
    )
    block = replace(proposed, last=1916, attributes=stated)
    return replace(
        facts,
        proposed=replace(facts.proposed, blocks=(block,), allotments=()),
        blocks=(ParisBlock(proposed=block),),
        allotment_accounts={},
    )


def cer_transition() -> ParisCase:
    """The same, as they end in the decision in which these begin."""
    ended = EndedCers(
        party="THA",
        range=SerialRange(1, 1916),
        unit_type=5,
        original_period=2,
        applicable_period=2,
        project=1234,
        registered_on="2014-05-01",
    )
    facts = cer_issuance()
    (block,) = facts.blocks
    known = replace(block, kyoto_units=(SerialRange(1, 1916),))
    return replace(facts, blocks=(known,), ended_cers=(ended,))


def contribution_use() -> ParisCase:
    """Thailand cancels mitigation contribution units for itself, which it may."""
    facts = cancellation()
    target = account("THA01", 320)
    block = facts.blocks[0]
    bare = replace(
        block.segments[0].attributes, unit_type=UnitType.UNAUTHORIZED_A64ER, authorization=None
    )
    segment = replace(block.segments[0], attributes=bare)
    return replace(
        facts,
        proposed=replace(facts.proposed, to_account=target.account_id, purpose="", entity=""),
        to_account=target,
        blocks=(replace(block, segments=(segment,)),),
    )


BASES = {
    "mechanism_issuance": mechanism_issuance,
    "contribution_use": contribution_use,
    "issuance": issuance,
    "transfer": transfer,
    "reversal": reversal,
    "use": use,
    "cancellation": cancellation,
    "cer_issuance": cer_issuance,
    "cer_transition": cer_transition,
    "cer_use": cer_use,
    "mechanism_use": mechanism_use,
}
