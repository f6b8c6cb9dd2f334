# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The world at the start: stated to the clearing-house, signed, before the first step happens."""

from __future__ import annotations

from collections.abc import Awaitable

from itmo.identifiers import AccountId
from itmo.paris.v1 import parties_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.paris.statements import ParisStatements
from registry_node.service import RegistryNode
from registry_node.store.rows import ItemStatus
from scenarios import sharing_acting, stating
from scenarios.kyoto import acting as kyoto
from scenarios.kyoto.acting import State
from scenarios.model import Rulebook, Scenario, Share
from scenarios.network import PlayedNetwork
from scenarios.values import Problem


async def set_up(
    network: PlayedNetwork, scenario: Scenario
) -> tuple[list[Problem], dict[str, AccountId]]:
    """Admits nodes, states Parties and approaches, opens accounts, hands in inventories.

    Returns:
        What the clearing-house did not take, which is a fault of the file; and the id of each
        account by its name.
    """
    problems: list[Problem] = []

    async def state(line: int, key: str, told: Awaitable[object]) -> None:
        try:
            await told
        except ProtocolError as error:
            code = error.metadata.get("code", error.reason)
            problems.append(Problem(line, key, f"the clearing-house says {code}: {error.message}"))

    await state(scenario.nodes[0].line if scenario.nodes else 1, "nodes", network.start())
    if problems:
        return problems, {}
    for member in scenario.nodes:
        for each in member.sharing:
            told = _shared(network, network.node(member.name), each)
            await state(member.line, f"nodes.{member.name}.sharing", told)
    if Rulebook.KYOTO in scenario.rulebooks:
        await kyoto.set_up(network, scenario, state)
    if Rulebook.PARIS in scenario.rulebooks:
        await _paris(network, scenario, state)
    return problems, await _accounts(network, scenario, state)


async def _paris(network: PlayedNetwork, scenario: Scenario, state: State) -> None:
    """States Parties and approaches, and hands in inventories."""
    for party, spec in scenario.parties.items():
        if not spec.unknown:
            stated = network.operator.state(PayloadKind.PARTY_STATEMENT, stating.party(spec))
            await state(spec.line, f"parties.{party}", stated)
    for name, approach in scenario.approaches.items():
        kind = PayloadKind.COOPERATIVE_APPROACH_STATEMENT
        stated = network.operator.state(kind, stating.approach(approach))
        await state(approach.line, f"cooperative_approaches.{name}", stated)
    signers = {party: node.name for node in scenario.nodes for party in node.parties}
    for party, spec in scenario.parties.items():
        for statement in stating.figures(spec):
            told = _figures(network, network.node(signers[party]), statement)
            await state(spec.line, f"parties.{party}", told)


async def _figures(
    network: PlayedNetwork, node: RegistryNode, statement: parties_pb2.InventoryStatement
) -> None:
    submitted = await ParisStatements(node.work).state_inventory(statement)
    await _effective(network, node, submitted.message_id)


async def _shared(network: PlayedNetwork, node: RegistryNode, spec: Share) -> None:
    submitted = await node.share(sharing_acting.statement(spec))
    await _effective(network, node, submitted.message_id)


async def _accounts(
    network: PlayedNetwork, scenario: Scenario, state: State
) -> dict[str, AccountId]:
    """Opens every account but those that are said not to exist."""
    account_ids = {
        name: stating.unopened(account, number)
        for number, (name, account) in enumerate(scenario.accounts.items())
        if account.unknown
    }
    nodes = {registry: node.name for node in scenario.nodes for registry in node.registries}
    for name, account in scenario.accounts.items():
        if not account.unknown:
            node = network.node(nodes[account.registry])
            told = _account(network, node, scenario, name, account_ids)
            await state(account.line, f"accounts.{name}", told)
    return account_ids


async def _account(
    network: PlayedNetwork,
    node: RegistryNode,
    scenario: Scenario,
    name: str,
    account_ids: dict[str, AccountId],
) -> None:
    submitted, row = await node.open_account(stating.account(scenario.accounts[name], scenario))
    await _effective(network, node, submitted.message_id)
    account_ids[name] = AccountId(row.account_id)


async def _effective(network: PlayedNetwork, node: RegistryNode, message_id: str) -> None:
    await network.settle()
    item = (await node.outcome(message_id)).item
    if item.status is not ItemStatus.DECIDED or not item.effective:
        raise _refused(item.code, item.found)


def _refused(code: str, found: str) -> ProtocolError:
    """What a statement that took no effect is reported as."""
    reason = Reason(code) if code in Reason.__members__ else Reason.PERMISSION_DENIED
    return ProtocolError(reason, found, code=code)
