# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is done under the rulebook kyoto: the world is stated, registries take part, holders are found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace

from broker.reports.kyoto.unit_views import kyoto_units
from broker.rulebook.general.registries import OperationalStatus
from itmo.identifiers import AccountId
from itmo.kyoto.v1.statements_pb2 import KyotoStatement
from itmo.payloads import PayloadKind
from scenarios.kyoto import archives, defaults, stating
from scenarios.kyoto.model import (
    CloseRegistry,
    KyotoPropose,
    KyotoState,
    LogNoticeSpec,
    MoveActivity,
    OpeningSpec,
    Operated,
    PayShare,
)
from scenarios.model import Rulebook, Scenario
from scenarios.network import PlayedNetwork

State = Callable[[int, str, Awaitable[object]], Awaitable[None]]
"""States something, and keeps as a fault of the file, at line and key, what is refused."""


async def set_up(network: PlayedNetwork, scenario: Scenario, state: State) -> None:
    """Lets every registry take part in the rulebooks of the scenario, and states the world."""
    rulebooks = sorted(each.value for each in scenario.rulebooks)
    for node in scenario.nodes:
        for registry in node.registries:
            told = network.operator.set_registry_status(
                registry, OperationalStatus.OPERATIONAL, "", rulebooks
            )
            await state(node.line, f"nodes.{node.name}", told)
    today = network.clock.now().date()
    for line, key, said in stating.statements(defaults.world(scenario), today):
        await state(line, key, network.operator.state(PayloadKind.KYOTO_STATEMENT, said))


async def stated(
    network: PlayedNetwork, action: Operated, account_ids: Mapping[str, AccountId]
) -> None:
    """States what a step says.

    Raises:
        ProtocolError: something was refused; what stands before it in the file is stated.
    """
    for said in _said(action, network, account_ids):
        await network.operator.state(PayloadKind.KYOTO_STATEMENT, said)


def _said(
    action: Operated, network: PlayedNetwork, account_ids: Mapping[str, AccountId]
) -> Iterator[KyotoStatement]:
    today = network.clock.now().date()
    match action:
        case KyotoState():
            yield from (said for _, _, said in stating.statements(action.world, today))
        case PayShare():
            yield from stating.payment(action, today)
        case LogNoticeSpec():
            yield stating.log_notice(action)
        case OpeningSpec():
            yield from archives.opening(action, account_ids)
        case CloseRegistry():
            yield archives.closing(action, network.database)
        case MoveActivity():
            yield archives.move(action)


def with_account(
    action: KyotoPropose,
    scenario: Scenario,
    network: PlayedNetwork,
    account_ids: Mapping[str, AccountId],
) -> KyotoPropose:
    """The transaction with the account that holds its first units, where the file names none."""
    if action.from_account:
        return action
    block = action.blocks[0]
    names = {account_id: name for name, account_id in account_ids.items()}
    for units in kyoto_units(network.database):
        if units.registry == block.registry and units.range.contains(block.first):
            name = names[AccountId(units.account_id)]
            return replace(action, from_account=name, to_account=name)
    # Nobody holds them: whoever might is asked to, and the clearing-house says so.
    name = next(n for n, each in scenario.accounts.items() if each.rulebook is Rulebook.KYOTO)
    return replace(action, from_account=name, to_account=name)
