# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what a scenario says to what a node's operator hands in: transactions of the rulebook kyoto."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Final, cast

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.cdm import adaptation_share
from broker.rulebook.paris.accounts import AccountRole
from itmo.core.v1 import proposal_pb2, rulebooks_pb2, units_pb2
from itmo.identifiers import AccountId, PartyCode
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.paris.v1 import attributes_pb2 as paris_pb2
from itmo.parties import ALPHA2
from itmo.timestamps import timestamp
from scenarios.kyoto import defaults
from scenarios.kyoto.archives import archive_digest
from scenarios.kyoto.codes import unit_type
from scenarios.kyoto.model import KyotoBlockSpec, KyotoPropose
from scenarios.model import Rulebook, Scenario

_PARTY: Final = 3
"""Letters of a Party at the beginning of the name of a registry, and of a project."""


def proposed(
    wish: KyotoPropose, scenario: Scenario, account_ids: Mapping[str, AccountId], now: datetime
) -> proposal_pb2.ProposedTransaction:
    """A transaction, complete but for its id."""
    giver, taker = scenario.accounts[wish.from_account], scenario.accounts[wish.to_account]
    if wish.type is TransactionType.ISSUANCE:
        begun = defaults.begun(scenario.kyoto, now.date())
        wish = replace(wish, blocks=tuple(_issued(block, begun) for block in wish.blocks))
    return proposal_pb2.ProposedTransaction(
        type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{wish.type}"),
        from_account=account_ids[wish.from_account],
        to_account=account_ids[wish.to_account],
        from_registry=giver.registry,
        to_registry=taker.registry,
        blocks=[_block(block) for block in wish.blocks],
        completion=proposal_pb2.CompletionMode.Value(f"COMPLETION_MODE_{wish.completion}"),
        deadline=timestamp(now + wish.deadline) if wish.deadline is not None else None,
        note=wish.note,
        rulebook=Rulebook.KYOTO.value,
        transition=_transition(wish, scenario, account_ids),
        terms=_terms(wish, scenario, _share(wish, scenario, account_ids, now.date())),
    )


def _transition(
    wish: KyotoPropose, scenario: Scenario, account_ids: Mapping[str, AccountId]
) -> proposal_pb2.Transition | None:
    begins = wish.begins
    if begins is None:
        return None
    approach, number, made = scenario.approaches[begins.approach], begins.number_from, []
    for block in wish.blocks:
        last = number + block.last - block.first
        are = paris_pb2.UnitAttributes(
            unit_type=paris_pb2.UNIT_TYPE_CER,
            cooperative_approach=begins.approach,
            first_transferring_party=block.registry[:_PARTY],
            vintage=begins.vintage,
            metric=paris_pb2.METRIC_GHG,
            mitigation_type=paris_pb2.MITIGATION_TYPE_EMISSION_REDUCTIONS,
            sector=approach.sectors[0],
            activity_type=approach.activity_types[0],
            cer=paris_pb2.CertifiedEmissionReduction(
                kyoto_serial=begins.kyoto_serial or _serial(block, scenario),
                project_registration_date=begins.registered.isoformat(),
            ),
        )
        attributes = rulebooks_pb2.UnitAttributes(paris=are)
        made.append(units_pb2.UnitBlock(first=number, last=last, attributes=attributes))
        number = last + 1
    return proposal_pb2.Transition(
        rulebook=Rulebook.PARIS.value,
        ending_account=account_ids[begins.ending_account],
        blocks=made,
    )


def _serial(block: KyotoBlockSpec, scenario: Scenario) -> str:
    """The Kyoto serial of units, as the step that issued them has it; empty: none did."""
    for step in scenario.steps:
        action = step.action
        if not isinstance(action, KyotoPropose) or action.type is not TransactionType.ISSUANCE:
            continue
        for issued in action.blocks:
            if issued.registry == block.registry and issued.first <= block.first <= issued.last:
                period = issued.period or defaults.begun(scenario.kyoto, step.time.date())
                party = PartyCode(block.registry[:_PARTY])
                units = f"{unit_type(issued.unit, issued.activity)}-{block.first}-{block.last}"
                land = f"{issued.activity}-{issued.project[_PARTY:]}"
                return f"{ALPHA2.get(party, party)}-{units}-{period}-{period}-{land}"
    return ""


def _issued(block: KyotoBlockSpec, begun: int) -> KyotoBlockSpec:
    """A block to be issued: for the period that began last, unless it names another."""
    period = block.period or begun
    return replace(block, period=period, applicable_period=block.applicable_period or period)


def _share(
    wish: KyotoPropose, scenario: Scenario, account_ids: Mapping[str, AccountId], today: date
) -> terms_pb2.ShareOfProceeds | None:
    """What of issued CERs goes to the Adaptation Fund: the last ones of the last block."""
    if wish.type is not TransactionType.ISSUANCE or wish.opening or not wish.blocks:
        return None
    last, share = wish.blocks[-1], wish.share_of_proceeds
    if share is None:
        share = adaptation_share(defaults.charged(wish.blocks, scenario.kyoto), today)
    registry = scenario.accounts[wish.to_account].registry
    funds = (
        account_ids[name]
        for name, each in scenario.accounts.items()
        if (each.registry, each.role) == (registry, AccountRole.ADAPTATION_FUND)
    )
    fund = next(funds, None)
    if not share or fund is None:
        return None
    first = max(last.last - share + 1, 0)
    return terms_pb2.ShareOfProceeds(account=fund, first=first, last=last.last)


def _terms(
    wish: KyotoPropose, scenario: Scenario, share: terms_pb2.ShareOfProceeds | None
) -> rulebooks_pb2.TransactionTerms | None:
    track = wish.track or (
        defaults.track(wish.project, scenario.kyoto)
        if wish.type is TransactionType.CONVERSION
        else None
    )
    become = attributes_pb2.UnitAttributes(
        project=wish.project,
        track=cast("attributes_pb2.Track.ValueType", track or 0),
        applicable_period=wish.to_period,
        expiry_date=wish.expiry.isoformat() if wish.expiry else "",
    )
    made = terms_pb2.TransactionTerms(
        become=become if become.ByteSize() else None,
        supplementary_type=wish.supplementary_type,
        log_notice=wish.log_notice,
        corrective=wish.corrective,
        purpose=wish.purpose,
        beneficiary=wish.beneficiary,
        share=share,
        opening=archive_digest(wish.opening) if wish.opening else b"",
        had_left=wish.had_left,
        were_replaced=wish.were_replaced,
        monitored_from=wish.monitored[0].isoformat() if wish.monitored else "",
        monitored_to=wish.monitored[1].isoformat() if wish.monitored else "",
        reissued_in=wish.reissued_in,
        net_source_activity=cast("attributes_pb2.LulucfActivity.ValueType", wish.activity),
    )
    return rulebooks_pb2.TransactionTerms(kyoto=made) if made.ByteSize() else None


def _block(block: KyotoBlockSpec) -> units_pb2.UnitBlock:
    attributes = _attributes(block)
    return units_pb2.UnitBlock(
        registry=block.registry,
        first=block.first,
        last=block.last,
        quantity=block.quantity,
        # Outside an issuance attributes are compared with the record, so only stated ones travel.
        attributes=rulebooks_pb2.UnitAttributes(kyoto=attributes)
        if attributes.ByteSize()
        else None,
        role=units_pb2.UNIT_ROLE_NAMED if block.replaced else units_pb2.UNIT_ROLE_UNSPECIFIED,
    )


def _attributes(block: KyotoBlockSpec) -> attributes_pb2.UnitAttributes:
    return attributes_pb2.UnitAttributes(
        unit_type=unit_type(block.unit, block.activity),
        original_period=block.period,
        applicable_period=block.applicable_period,
        lulucf_activity=cast("attributes_pb2.LulucfActivity.ValueType", block.activity),
        project=block.project,
        track=cast("attributes_pb2.Track.ValueType", block.track or 0),
        expiry_date=block.expiry.isoformat() if block.expiry else "",
    )
