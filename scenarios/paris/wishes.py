# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what a scenario says to what a node's operator hands in: transactions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.attributes import MitigationType, UnitType
from itmo.core.v1 import proposal_pb2, rulebooks_pb2, units_pb2
from itmo.identifiers import AccountId, registry_party
from itmo.paris.v1 import attributes_pb2, terms_pb2
from itmo.timestamps import timestamp
from scenarios.model import BlockSpec, Propose, Scenario
from scenarios.paris.letters import Letters


def proposed(
    wish: Propose,
    scenario: Scenario,
    account_ids: dict[str, AccountId],
    letters: Letters,
    now: datetime,
) -> proposal_pb2.ProposedTransaction:
    """A transaction, complete but for its id."""
    giver, taker = scenario.accounts[wish.from_account], scenario.accounts[wish.to_account]
    return proposal_pb2.ProposedTransaction(
        type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{wish.type}"),
        from_account=account_ids[wish.from_account],
        to_account=account_ids[wish.to_account],
        from_registry=giver.registry,
        to_registry=taker.registry,
        blocks=[_block(block, wish, scenario, letters) for block in wish.blocks],
        completion=proposal_pb2.CompletionMode.Value(f"COMPLETION_MODE_{wish.completion}"),
        deadline=timestamp(now + wish.deadline) if wish.deadline is not None else None,
        note=wish.note,
        terms=_terms(wish, account_ids),
    )


def _terms(
    wish: Propose, account_ids: dict[str, AccountId]
) -> rulebooks_pb2.TransactionTerms | None:
    made = terms_pb2.TransactionTerms(
        first_transfer=wish.first_transfer,
        year_of_use=wish.year or 0,
        purpose=wish.purpose,
        entity=wish.entity,
        allotments=[
            terms_pb2.Allotment(
                purpose=terms_pb2.AllotmentPurpose.Value(f"ALLOTMENT_PURPOSE_{each.purpose}"),
                account=account_ids.get(each.account, each.account),
                first=each.first,
                last=each.last,
            )
            for each in wish.allotments
        ],
    )
    return rulebooks_pb2.TransactionTerms(paris=made) if made.ByteSize() else None


def reversal(transaction_id: str) -> proposal_pb2.ProposedTransaction:
    """A reversal; the node knows what it consists of."""
    return proposal_pb2.ProposedTransaction(
        type=proposal_pb2.TRANSACTION_TYPE_REVERSAL, reverses=transaction_id
    )


def _block(
    block: BlockSpec, wish: Propose, scenario: Scenario, letters: Letters
) -> units_pb2.UnitBlock:
    if wish.type is TransactionType.ISSUANCE:
        block = _completed(block, scenario, letters)
    attributes = _attributes(block, letters)
    return units_pb2.UnitBlock(
        registry=block.registry,
        first=block.first,
        last=block.last,
        quantity=block.quantity,
        # Outside an issuance attributes are compared with the record, so only stated ones travel.
        attributes=rulebooks_pb2.UnitAttributes(paris=attributes)
        if attributes.ByteSize()
        else None,
    )


def reported(block: BlockSpec, scenario: Scenario, letters: Letters) -> units_pb2.UnitBlock:
    """Units as a registry reports them: what is left out comes from authorization and approach."""
    if block.cooperative_approach is None and len(scenario.approaches) == 1:
        block = replace(block, cooperative_approach=next(iter(scenario.approaches)))
    return units_pb2.UnitBlock(
        registry=block.registry,
        first=block.first,
        last=block.last,
        quantity=block.quantity,
        attributes=rulebooks_pb2.UnitAttributes(
            paris=_attributes(_completed(block, scenario, letters), letters)
        ),
    )


def _completed(block: BlockSpec, scenario: Scenario, letters: Letters) -> BlockSpec:
    """A block to be issued: what it leaves out comes from authorization and approach."""
    host = block.first_transferring_party or registry_party(block.registry)
    letter = letters.covering(block.authorization or "", host)
    name = block.cooperative_approach or (letter.elements.cooperative_approach if letter else None)
    if name is None and letter is None and len(scenario.approaches) == 1:
        name = next(iter(scenario.approaches))
    block = replace(
        block,
        cooperative_approach=name,
        first_transferring_party=block.first_transferring_party
        or (letter.party if letter else host),
        unit_type=block.unit_type or (UnitType.CER if block.cer else UnitType.ITMO),
        mitigation_type=block.mitigation_type or MitigationType.EMISSION_REDUCTIONS,
    )
    approach = scenario.approaches.get(name) if name else None
    if approach is None:
        return block
    return replace(
        block,
        metric=block.metric or approach.metric,
        non_ghg_metric=block.non_ghg_metric
        if block.non_ghg_metric is not None
        else approach.non_ghg_metric,
        sector=block.sector or next(iter(approach.sectors), ""),
        activity_type=block.activity_type or next(iter(approach.activity_types), ""),
    )


def _attributes(block: BlockSpec, letters: Letters) -> attributes_pb2.UnitAttributes:
    written = attributes_pb2.UnitAttributes(
        cooperative_approach=block.cooperative_approach or "",
        first_transferring_party=block.first_transferring_party or "",
        vintage=block.vintage or 0,
        non_ghg_metric=block.non_ghg_metric or "",
        sector=block.sector or "",
        activity_type=block.activity_type or "",
        activity=block.activity or "",
    )
    if block.unit_type is not None:
        written.unit_type = attributes_pb2.UnitType.Value(f"UNIT_TYPE_{block.unit_type}")
    if block.metric is not None:
        written.metric = attributes_pb2.Metric.Value(f"METRIC_{block.metric}")
    if block.outside_ndc_scope:
        written.outside_ndc_scope = True
    if block.mitigation_type is not None:
        name = f"MITIGATION_TYPE_{block.mitigation_type}"
        written.mitigation_type = attributes_pb2.MitigationType.Value(name)
    if block.authorization is not None:
        letter = letters.covering(
            block.authorization, block.first_transferring_party or registry_party(block.registry)
        )
        written.authorization.id = block.authorization
        written.authorization.version = letter.version if letter else 1
    if block.underlying is not None:
        written.underlying.registry = block.underlying.registry
        written.underlying.first_unit_id = block.underlying.first_unit_id
        written.underlying.last_unit_id = block.underlying.last_unit_id
    if block.cer is not None:
        written.cer.kyoto_serial = block.cer.kyoto_serial
        written.cer.project_registration_date = block.cer.project_registration_date
        written.cer.temporary = block.cer.temporary
    return written
