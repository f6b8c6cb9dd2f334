# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The story, by date: what happened, and in between what goes wrong in real life."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from deploy.demo import history
from deploy.demo.history import Units
from deploy.demo.network import BUYER, Network
from deploy.demo.programs import DemoFailed
from deploy.demo.speaking import NodeOperator, blocks_of, failed, state_of
from itmo.core.v1 import units_pb2
from itmo.forms import number
from itmo.registry.v1 import operator_service_pb2 as api

Block = units_pb2.UnitBlock
_STATES: Final = {each.label: each.state for each in history.TRANSACTIONS}


async def play(network: Network) -> None:
    """Plays everything."""
    for chapter in (
        _thailand_issues,
        _ghana_authorizes,
        _swiss_slip,
        _thailand_to_switzerland,
        _guyana,
        _nobody_answers,
        _ghana_to_switzerland,
        _switzerland_uses,
        _used_twice,
        _sold_twice,
        _waiting,
    ):
        await chapter(network)


async def _thailand_issues(network: Network) -> None:
    stage, thailand = network.stage, network.nodes["tha"]
    stage.chapter("Thailand authorizes ITMOs from e-buses and issues the first", history.FOUNDED)
    letter = history.THAILAND
    await thailand.authorize(letter)
    stage.say(f"{letter.id}: at most {number(letter.quantity)}, towards an NDC, for Switzerland")
    await _issue(network, "buses-issued", thailand, history.BUSES_2022)


async def _ghana_authorizes(network: Network) -> None:
    await network.set_clocks(history.GHANA_AUTHORIZES)
    network.stage.chapter("Ghana authorizes ITMOs for Switzerland", history.GHANA_AUTHORIZES)
    await network.nodes["ir"].authorize(history.GHANA)
    network.stage.say(f"{history.GHANA.id}: at most {number(history.GHANA.quantity)}")


async def _swiss_slip(network: Network) -> None:
    await network.set_clocks(history.THAILAND_OFFERS)
    stage, thailand = network.stage, network.nodes["tha"]
    stage.chapter("Wrong: 1 917 serial numbers for 1 916 units", history.THAILAND_OFFERS)
    stage.say("Switzerland's report of 2024 lists 1 to 1917 for 1 916 units; the same as an offer:")
    first, last, declared = history.SWISS_SLIP
    wrong = Block(registry="THA01", first=first, last=last, quantity=declared)
    target = network.accounts["CHE01"]
    offered = await thailand.offer(network.accounts["THA01"], target, [wrong], unchecked=True)
    _note(network, "swiss-slip", offered)


async def _thailand_to_switzerland(network: Network) -> None:
    stage, (thailand, swiss) = network.stage, (network.nodes["tha"], network.nodes["che"])
    stage.chapter("The first ITMOs for an NDC: Thailand to Switzerland", history.THAILAND_OFFERS)
    stage.remark(
        "Thailand reports 1 December, Switzerland 20 December. An offer stands 24 hours here, so it"
        " is made on the 19th; both sides then have one date, one range and one receipt."
    )
    offered = await _offer(network, thailand, "CHE01", history.BUSES_2022)
    await swiss.until(offered.transaction_id, "VALIDATED")
    await network.set_clocks(history.SWITZERLAND_ACCEPTS)
    stage.say(
        "20 December 2023: Switzerland accepts; the first transfer adds to Thailand's balance"
    )
    await swiss.accept(offered.transaction_id)
    _note(network, "buses", await thailand.until(offered.transaction_id, "COMPLETED"))


async def _guyana(network: Network) -> None:
    await network.set_clocks(history.GUYANA_AUTHORIZES)
    stage, registry = network.stage, network.nodes["ir"]
    stage.chapter("Guyana authorizes for other purposes as well", history.GUYANA_AUTHORIZES)
    stage.say("First transfer is defined as the authorization: the adjustment is booked at once")
    await registry.authorize(history.GUYANA)
    await _issue(network, "trees-issued", registry, [history.TREES])


async def _nobody_answers(network: Network) -> None:
    await network.set_clocks(history.SECOND_OFFER)
    stage, thailand = network.stage, network.nodes["tha"]
    stage.chapter("Thailand offers more, and nobody answers", history.SECOND_OFFER)
    await _issue(network, "buses-2-issued", thailand, history.BUSES_2023)
    offered = await _offer(network, thailand, "CHE01", history.BUSES_2023)
    await network.set_clocks(history.SECOND_OFFER_ENDS)
    stage.say("25 hours later the offer has timed out, and the units are free again:")
    _note(network, "buses-2-timed-out", await thailand.until(offered.transaction_id, "TERMINATED"))
    await network.nodes["che"].until(offered.transaction_id, "TERMINATED")


async def _ghana_to_switzerland(network: Network) -> None:
    await network.set_clocks(history.GHANA_OFFERS)
    stage, (registry, swiss) = network.stage, (network.nodes["ir"], network.nodes["che"])
    stage.chapter("Ghana to Switzerland; the Swiss node dies meanwhile", history.GHANA_OFFERS)
    stage.remark(
        "These are from cookstoves. Their own authorization was not at hand; that of the approach"
        " CA0002 stands in for it, and the vintage is assumed."
    )
    await _issue(network, "stoves-issued", registry, [history.STOVES])
    offered = await _offer(network, registry, "CHE01", [history.STOVES])
    await swiss.until(offered.transaction_id, "VALIDATED")
    await swiss.accept(offered.transaction_id, wait_ms=0)
    network.programs.kill("che")
    stage.say("Switzerland accepts, and its node is killed (SIGKILL) in that instant; a new start:")
    await network.start_again("che")
    await swiss.until(offered.transaction_id, "COMPLETED")
    _note(network, "stoves", await registry.until(offered.transaction_id, "COMPLETED"))


async def _switzerland_uses(network: Network) -> None:
    await network.set_clocks(history.SWITZERLAND_USES)
    stage = network.stage
    title = f"Hypothetical: Switzerland uses 1 916 towards its NDC for {history.YEAR_OF_USE}"
    stage.chapter(title, history.SWITZERLAND_USES)
    stage.say("The Parties state their inventories; all of these are invented")
    await asyncio.gather(
        *(
            network.nodes[name].state_inventory(party, list(years.items()))
            for name, parties in history.INVENTORIES.items()
            for party, years in parties.items()
        )
    )
    _note(network, "used", await _use(network, unchecked=False))


async def _used_twice(network: Network) -> None:
    network.stage.chapter("Wrong: the same units are used again")
    _note(network, "used-twice", await _use(network, unchecked=True))


async def _use(network: Network, *, unchecked: bool) -> api.Transaction:
    return await network.nodes["che"].use(
        network.accounts["CHE01"],
        network.accounts["CHE01-use"],
        blocks_of(history.BUSES_2022),
        history.YEAR_OF_USE,
        unchecked=unchecked,
    )


async def _sold_twice(network: Network) -> None:
    await network.set_clocks(history.DOUBLE_SPEND)
    stage, thailand, swiss = network.stage, network.nodes["tha"], network.nodes["che"]
    stage.chapter("Wrong: one block is sold to two buyers at once", history.DOUBLE_SPEND)
    stage.say(f"Both the Swiss Party and the {BUYER} are offered the same units (hypothetical)")
    block = blocks_of(history.BUSES_2023[:1])
    offers = await asyncio.gather(
        *(
            thailand.offer(network.accounts["THA01"], network.accounts[to], block, unchecked=True)
            for to in ("CHE01", "CHE01-buyer")
        )
    )
    won = [each for each in offers if state_of(each) == "VALIDATED"]
    lost = [each for each in offers if state_of(each) == "INVALIDATED"]
    if len(won) != 1 or len(lost) != 1:
        raise DemoFailed(f"expected one winner and one loser, found {list(map(state_of, offers))}")
    named = {finding.conflicting_transaction_id for finding in failed(lost[0])} - {""}
    if named != {won[0].transaction_id}:
        raise DemoFailed(f"the loser's verdict names {named}, not {won[0].transaction_id}")
    _note(network, "sold-twice", lost[0])
    stage.say(f"Its verdict names the one in the way: {won[0].transaction_id}")
    await swiss.until(won[0].transaction_id, "VALIDATED")
    await swiss.reject(won[0].transaction_id, "sold to two buyers; offer all of it again")
    _note(network, "sold-once", await thailand.until(won[0].transaction_id, "REJECTED"))


async def _waiting(network: Network) -> None:
    await network.set_clocks(history.OFFERED_AGAIN)
    stage, thailand = network.stage, network.nodes["tha"]
    stage.chapter("Thailand offers the rest again; it awaits recognition", history.OFFERED_AGAIN)
    stage.remark(
        "Thailand's report says of these, dated 13 December 2024, that they wait for Swiss"
        " recognition. Here no offer waits longer than 24 hours: who still wants it offers again."
        " This date is invented; the demonstration ends on it."
    )
    offered = await _offer(network, thailand, "CHE01", history.BUSES_2023)
    await network.nodes["che"].until(offered.transaction_id, "VALIDATED")
    _note(network, "buses-2", offered)


async def _issue(network: Network, label: str, node: NodeOperator, units: Sequence[Units]) -> None:
    account = network.accounts[units[0].registry]
    _note(network, label, await node.issue(account, units))


async def _offer(
    network: Network, node: NodeOperator, target: str, units: Sequence[Units]
) -> api.Transaction:
    source, blocks = network.accounts[units[0].registry], blocks_of(units)
    listed = " + ".join(number(block.quantity) for block in units)
    network.stage.say(f"Offered: {listed} of vintage {units[0].vintage}")
    return await node.offer(source, network.accounts[target], blocks)


def _note(network: Network, label: str, transaction: api.Transaction) -> None:
    """Notes how a transaction stands, tells it, and stops the story where it stands wrong."""
    state, stage = state_of(transaction), network.stage
    faults = failed(transaction)
    network.transactions[label] = transaction.transaction_id
    network.findings[label] = [finding.check_id for finding in faults]
    sides = transaction.from_registry
    if transaction.to_registry != transaction.from_registry:
        sides = f"{transaction.from_registry} -> {transaction.to_registry}"
    stage.outcome(state, f"{label}: {number(transaction.quantity)} units, {sides}")
    for finding in faults:
        stage.finding(finding.check_id, finding.found)
    if state != _STATES[label]:
        raise DemoFailed(f"{label} is {state}, expected {_STATES[label]}")
