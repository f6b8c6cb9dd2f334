# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units of a rulebook that the node has never heard of, through its own ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from broker.rulebook.general.registries import OperationalStatus
from itmo.core.v1 import proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.identifiers import NodeId, RegistryId
from itmo.kyoto.v1 import attributes_pb2, terms_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.node_kinds import NodeKind
from itmo.parties import PartyCode
from itmo.payloads import PayloadKind
from registry_node.service import RegistryNode
from registry_node.store.rows import ItemStatus
from scenarios.model import NodeSpec
from scenarios.network import PlayedNetwork

ROOT = Path(__file__).parents[3]
START = datetime(2012, 1, 2, tzinfo=UTC)
STATED = (
    {
        "period": kyoto_pb2.CommitmentPeriod(
            period=1, first_day="2008-01-01", last_day="2012-12-31", true_up_ends="2015-11-18"
        )
    },
    {"assigned_amount": kyoto_pb2.AssignedAmount(party="GBR", period=1, quantity=1000)},
    {"eligibility": kyoto_pb2.Eligibility(party="GBR", eligible=True)},
    {"eligibility": kyoto_pb2.Eligibility(party="CHE", eligible=True)},
    {"project": kyoto_pb2.Project(project="GBR22")},
    {
        "inventory": kyoto_pb2.Inventory(
            party="GBR", year=2007, emissions=1, reviewed_on="2009-04-15"
        )
    },
)


async def _opened(network: PlayedNetwork, name: str, kind: int) -> str:
    registry = network.members[NodeId(name)].spec.registries[0]
    wish = statements_pb2.AccountStatement(registry=registry, account_type=kind, rulebook="kyoto")
    if kind == 300:
        wish.terms.kyoto.period = 1
    _, row = await network.node(name).open_account(wish)
    await network.settle()
    return row.account_id


async def _done(
    network: PlayedNetwork,
    node: RegistryNode,
    kind: str,
    account: str,
    to: str,
    first: int,
    last: int,
) -> str:
    wish = proposal_pb2.ProposedTransaction(
        type=proposal_pb2.TransactionType.Value(f"TRANSACTION_TYPE_{kind}"),
        from_account=account,
        to_account=to,
        blocks=[units_pb2.UnitBlock(registry="GBR01", first=first, last=last)],
        rulebook="kyoto",
    )
    if kind == "ISSUANCE":
        aau = attributes_pb2.UnitAttributes(
            unit_type=attributes_pb2.UNIT_TYPE_AAU, original_period=1, applicable_period=1
        )
        wish.blocks[0].attributes.CopyFrom(rulebooks_pb2.UnitAttributes(kyoto=aau))
    if kind == "CONVERSION":
        eru = attributes_pb2.UnitAttributes(
            project="GBR22", track=attributes_pb2.TRACK_PARTY_VERIFIED
        )
        wish.terms.kyoto.CopyFrom(terms_pb2.TransactionTerms(become=eru))
    submitted = await node.propose(wish)
    await network.settle()
    item = (await node.outcome(submitted.message_id)).item
    assert (item.status, item.effective) == (ItemStatus.DECIDED, True), item
    return submitted.transaction_id


async def _held(node: RegistryNode) -> list[tuple[str, int, int, int]]:
    """Account type, range and unit type of everything that a node holds."""
    return [
        (
            row.account_id[9:12],
            row.first,
            row.last,
            rulebooks_pb2.UnitAttributes.FromString(row.attributes).kyoto.unit_type,
        )
        for row in await node.holdings()
    ]


async def test_a_node_applies_a_conversion_without_knowing_what_one_is() -> None:
    specs = [
        NodeSpec(
            name=NodeId(name),
            registries=(RegistryId(f"{party}01"),),
            parties=(PartyCode(party),),
            kind=NodeKind.NATIONAL,
        )
        for name, party in (("gbr", "GBR"), ("che", "CHE"))
    ]
    network = PlayedNetwork(specs, START)
    try:
        await network.start()
        for said in STATED:
            await network.operator.state(
                PayloadKind.KYOTO_STATEMENT, kyoto_pb2.KyotoStatement(**said)
            )
        for registry in ("GBR01", "CHE01"):
            await network.operator.set_registry_status(
                RegistryId(registry), OperationalStatus.OPERATIONAL, "", ["paris", "kyoto"]
            )
        gbr, che = network.node("gbr"), network.node("che")
        ours, theirs = await _opened(network, "gbr", 100), await _opened(network, "che", 100)
        retired = await _opened(network, "che", 300)
        await _done(network, gbr, "ISSUANCE", ours, ours, 1, 100)
        await _done(network, gbr, "CONVERSION", ours, ours, 11, 30)
        aau, eru = attributes_pb2.UNIT_TYPE_AAU, attributes_pb2.UNIT_TYPE_ERU_FROM_AAU
        assert {each[1:] for each in await _held(gbr)} == {
            (1, 10, aau),
            (11, 30, eru),
            (31, 100, aau),
        }
        moved = await _done(network, gbr, "TRANSFER", ours, theirs, 21, 40)
        await che.accept(moved)
        await network.settle()
        assert {each[1:] for each in await _held(che)} == {(21, 30, eru), (31, 40, aau)}
        await _done(network, che, "RETIREMENT", theirs, retired, 25, 35)
        assert {each[1:] for each in await _held(gbr)} == {
            (1, 10, aau),
            (11, 20, eru),
            (41, 100, aau),
        }
        for node in (gbr, che):
            assert (await node.verify()).problems == ()
    finally:
        await network.close()


OF_KYOTO = ("registry_node/cli/kyoto/", "registry_node/kyoto/")


def test_no_source_of_the_node_but_what_is_of_kyoto_names_a_conversion_or_kyoto() -> None:
    named = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "registry_node").rglob("*.py")
        if any(word in path.read_text().lower() for word in ("kyoto", "conversion"))
    }
    assert {path for path in named if not path.startswith(OF_KYOTO)} <= {
        "registry_node/cli/main.py",
        "registry_node/cli/paris/issue.py",  # serial numbers of CERs
        "registry_node/cli/unit_columns.py",
        "registry_node/paris/begun_cers.py",  # of what they were before
    }
