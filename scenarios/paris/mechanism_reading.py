# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of `issue_mechanism`: an issuance of Article 6.4 emission reductions, with its shares."""

from __future__ import annotations

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.accounts import AccountRole
from broker.rulebook.paris.attributes import UnitType
from broker.rulebook.paris.mechanism import omge_minimum, share_of_proceeds
from broker.rulebook.paris.proposal import AllotmentPurpose
from itmo.identifiers import CooperativeApproachId, PartyCode, RegistryId
from itmo.lifecycle import Completion
from itmo.nomenclature import MECHANISM_APPROACH
from itmo.reasons import shown
from scenarios.fields import Fields
from scenarios.model import AllotmentSpec, BlockSpec, Propose
from scenarios.names import NO_PARTY, Names, Sides
from scenarios.paris.block_reading import issued_blocks
from scenarios.values import Value

_OPTIONAL = "quantity first vintage blocks authorization extra_omge share_of_proceeds omge account completion"


def issue_mechanism(value: Value, names: Names) -> Propose:
    """Units of the mechanism come into being; the shares follow by rule unless stated otherwise."""
    fields = Fields(value, required="id activity host", optional=_OPTIONAL)
    name = fields.need("id", Value.text, "")
    if name in names.transactions:
        fields.at("id").fault(f"another transaction has the id {shown(name)} already")
    pending = _account(fields, "account", AccountRole.PENDING, names)
    sides = Sides(names.node_of(pending), names.node_of(pending))
    names.must_run(sides.proposer, fields.value)
    if name:
        names.transactions[name] = sides
    blocks = _blocks(fields, pending, names)
    return Propose(
        verb="issue_mechanism",
        type=TransactionType.ISSUANCE,
        id=name,
        from_account=pending,
        to_account=pending,
        blocks=blocks,
        completion=fields.default(
            "completion",
            lambda v: v.choice({m.value.lower().replace("_", "-"): m for m in Completion}),
            Completion.ON_ACCEPTANCE,
        ),
        allotments=_allotments(fields, blocks, names),
    )


def _blocks(fields: Fields, pending: str, names: Names) -> tuple[BlockSpec, ...]:
    if MECHANISM_APPROACH not in names.approaches:
        fields.value.fault(f"add {MECHANISM_APPROACH} under cooperative_approaches")
    activity = fields.need("activity", Value.text, "")
    host: PartyCode = fields.need("host", names.party, NO_PARTY)
    authorization = fields.maybe("authorization", names.authorization)
    if ("quantity" in fields) == ("blocks" in fields):
        fields.value.fault("say how many units (quantity, vintage), or which ones (blocks)")
    written: tuple[BlockSpec, ...] = fields.default(
        "blocks", lambda v: issued_blocks(v, pending, names), ()
    )
    quantity = fields.maybe("quantity", lambda v: v.integer(1, 2**62))
    if quantity is not None:
        registry = RegistryId(names.accounts.get(pending, ""))
        first = fields.maybe("first", lambda v: v.integer(1, 2**62)) or names.next_serial(registry)
        vintage = fields.maybe("vintage", Value.year)
        if vintage is None:
            fields.value.fault("say in which year the mitigation took place (vintage)")
        written = (
            BlockSpec(registry=registry, first=first, last=first + quantity - 1, vintage=vintage),
        )
    for block in written:
        names.issued(block.registry, block.last)
    return tuple(_completed(block, activity, host, authorization) for block in written)


def _completed(
    block: BlockSpec, activity: str, host: PartyCode, authorization: str | None
) -> BlockSpec:
    named = block.authorization or authorization
    return BlockSpec(
        registry=block.registry,
        first=block.first,
        last=block.last,
        quantity=block.quantity,
        vintage=block.vintage,
        authorization=named,
        cooperative_approach=block.cooperative_approach
        or CooperativeApproachId(MECHANISM_APPROACH),
        first_transferring_party=block.first_transferring_party or host,
        unit_type=block.unit_type or (UnitType.ITMO if named else UnitType.UNAUTHORIZED_A64ER),
        metric=block.metric,
        mitigation_type=block.mitigation_type,
        sector=block.sector,
        activity_type=block.activity_type,
        activity=block.activity or activity,
    )


def _account(fields: Fields, key: str, role: AccountRole, names: Names) -> str:
    """The account a step names, or the one the scenario opened for the role."""
    if key in fields:
        return fields.need(key, names.account, "")
    found = [name for (_, known), name in names.roles.items() if known is role]
    if not found:
        fields.value.fault(
            f"no account has the role {role.value.lower().replace('_', '-')}; add it under accounts"
        )
    return found[0] if found else ""


def _allotments(
    fields: Fields, blocks: tuple[BlockSpec, ...], names: Names
) -> tuple[AllotmentSpec, ...]:
    """The first units go to the Adaptation Fund, the next are cancelled; block after block."""
    issued = sum(max(block.last - block.first + 1, 0) for block in blocks)
    extra = fields.default("extra_omge", lambda v: v.integer(0, 2**62), 0)
    wanted = (
        (
            AllotmentPurpose.SHARE_OF_PROCEEDS,
            AccountRole.ADAPTATION_FUND,
            fields.default(
                "share_of_proceeds", lambda v: v.integer(0, 2**62), share_of_proceeds(issued)
            ),
        ),
        (
            AllotmentPurpose.OMGE,
            AccountRole.MANDATORY_OMGE,
            fields.default("omge", lambda v: v.integer(0, 2**62), omge_minimum(issued)) + extra,
        ),
    )
    made: list[AllotmentSpec] = []
    free = [(block.first, block.last) for block in blocks]
    for purpose, role, quantity in wanted:
        account = _account(fields, "", role, names) if quantity else ""
        left = quantity
        while left > 0 and free:
            first, last = free[0]
            end = min(last, first + left - 1)
            made.append(AllotmentSpec(purpose=purpose, account=account, first=first, last=end))
            left -= end - first + 1
            free[:1] = [(end + 1, last)] if end < last else []
    return tuple(made)
