# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The demonstration of Kyoto units: a Party's period, and a project of the clean development mechanism.

Everything is typed as an operator types it. The assigned amount is that of the United Kingdom for the
first commitment period; the rest is invented.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.demo.presiding import BrokerOperator
from deploy.demo.programs import DemoFailed, Programs, free_address
from deploy.demo.speaking import NodeOperator
from deploy.demo.telling import Stage
from itmo.forms import number

_FOUNDED: Final = "2014-03-03T09:00:00Z"
_TRUE_UP: Final = "2015-10-01T09:00:00Z"
_NODES: Final = {"gbr": "GBR01", "che": "CHE01", "cdm": "XCD01"}
_KINDS: Final = {"cdm": "international"}
_ACCOUNTS: Final = {
    "gbr": (("holding", "100"), ("voluntary", "230"), ("retirement", "300")),
    "che": (("holding", "100"),),
    "cdm": (("pending", "110"), ("fund", "100")),
}
_ENDS: Final = 200
"""Accounts of types from here on are for a period."""
LOOKING: Final = {
    "broker": ("status", "transactions", "accounts", "kyoto totals", "checks list"),
    "gbr": ("holdings", "verify"),
}
"""Commands for looking around in a network that is left running, by program."""
_REFUSED: Final = 1
_ISSUED, _CONVERTED, _RETIRED = 10_000, 100, 5_000


@dataclass
class KyotoNetwork:
    """What runs, and what came of each transaction by its name in the story."""

    programs: Programs
    stage: Stage
    accounts: dict[str, str] = field(default_factory=dict)
    transactions: list[dict[str, object]] = field(default_factory=list)

    async def state(self, *words: str) -> None:
        """Lets the operator state something."""
        await self.programs.broker("kyoto", *words)

    async def propose(
        self, name: str, node: str, *words: str, expect: str = "COMPLETED"
    ) -> dict[str, Any]:
        """Proposes a transaction, tells what came of it, and stops where it is something else."""
        told = await self.programs.node(node, "kyoto", *words, accept=(0, _REFUSED))
        return self.note(name, told, expect)

    def note(self, name: str, told: dict[str, Any], expect: str) -> dict[str, Any]:
        """Tells what came of a command about a transaction."""
        row: dict[str, Any] = told["outcome"]["transaction"]
        state = row["state"].removeprefix("STATE_")
        failed = [each for each in row["findings"] if each["outcome"] == "OUTCOME_FAILED"]
        self.stage.outcome(state, f"{name}: {number(int(row['quantity']))} units")
        for finding in failed:
            self.stage.finding(finding["check_id"], finding["found"])
        self.transactions.append(
            {
                "name": name,
                "type": row["type"].removeprefix("TRANSACTION_TYPE_"),
                "quantity": int(row["quantity"]),
                "state": state,
                "findings": [finding["check_id"] for finding in failed],
            }
        )
        if state != expect:
            raise DemoFailed(f"{name} is {state}, expected {expect}")
        return row

    async def accepted(self, name: str, node: str, row: dict[str, Any]) -> None:
        """Lets a node accept what is offered to it, as soon as it has heard of it."""
        transaction = row["transaction_id"]

        async def offered() -> bool:
            waiting = (await self.programs.node(node, "inbox"))["transactions"]
            return transaction in [each["transaction_id"] for each in waiting]

        await self.programs.until(f"{node} to hear of {name}", offered)
        self.note(name, await self.programs.node(node, "accept", transaction), "COMPLETED")


async def play(programs: Programs, stage: Stage) -> dict[str, object]:
    """Plays everything; what --json prints."""
    began = time.monotonic()
    network = KyotoNetwork(programs, stage)
    await _found(network)
    await _first_period(network)
    await _raced(network)
    await _clean_development(network)
    await _true_up(network)
    return {**await _came_out(network), "seconds": round(time.monotonic() - began, 1)}


async def _found(network: KyotoNetwork) -> None:
    programs, stage = network.programs, network.stage
    stage.chapter("A clearing-house under the rulebook kyoto, and three registry nodes")
    words = ("--test", "--clock", _FOUNDED, "--listen", free_address(), "--rulebook", "kyoto")
    await programs.broker("init", "--network", "kyoto-demo", *words)
    programs.serve("broker")
    broker = BrokerOperator(programs.home / "broker" / "operator.sock")
    try:
        await programs.until("the broker to serve", broker.serves)
    finally:
        await broker.close()
    for name in _NODES:
        await _join(network, name)
    stage.say(f"broker admit: {', '.join(_NODES)}, each under the rulebook kyoto alone")


async def _join(network: KyotoNetwork, name: str) -> None:
    programs, registry = network.programs, _NODES[name]
    kind = _KINDS.get(name, "national")
    words = ("--node", name, "--kind", kind, "--registry", registry, "--network", "kyoto-demo")
    await programs.node(name, "init", *words)
    admission = programs.home / f"{name}.admission.json"
    request = programs.home / name / "join-request.json"
    made = await programs.broker("admit", request, "--out", admission, "--yes")
    await programs.node(name, "join", admission, "--sha256", made["sha256"], "--clock", _FOUNDED)
    programs.serve(name)
    operator = NodeOperator(name, programs.home / name / "node.sock")
    try:
        await programs.until(f"{name} to connect", operator.connected)
    finally:
        await operator.close()
    await programs.broker("resume", registry, "--rulebook", "kyoto")
    for account, code in _ACCOUNTS[name]:
        more = ["--period", "1"] if int(code) >= _ENDS else []
        more += ["--adaptation-fund"] if account == "fund" else []
        opened = await programs.node(name, "kyoto", "open-account", "--type", code, *more)
        network.accounts[f"{name}-{account}"] = opened["account"]["account_id"]


async def _first_period(network: KyotoNetwork) -> None:
    stage, account = network.stage, network.accounts
    stage.chapter("The first commitment period: what was decided and reviewed is stated")
    await network.state("period", "1")
    amount = ("--base", "779904144", "--percentage", "87.5")
    await network.state("assigned-amount", "GBR", "1", *amount)
    await network.state("inventory", "GBR", "2012", "1000", "--reviewed", "2014-02-15")
    for party in ("GBR", "CHE"):
        await network.state("eligible", party)
    await network.state("project", "GBR22", "--track", "1")
    stage.say(f"87.5 per cent of the base year, for five years: {number(3_412_080_630)} AAUs")
    ours, theirs = account["gbr-holding"], account["che-holding"]
    words: tuple[str, ...]
    await network.propose("issued", "gbr", "issue", ours, f"1-{_ISSUED}", "--period", "1")
    words = ("issue", ours, f"{_ISSUED + 1}-{_ISSUED + 3_412_070_631}", "--period", "1")
    await network.propose("one too many", "gbr", *words, "--unchecked", expect="INVALIDATED")
    words = ("convert", ours, f"1-{_CONVERTED}", "--project", "GBR22", "--track", "1")
    await network.propose("converted", "gbr", *words)
    row = await network.propose("offered", "gbr", "transfer", ours, theirs, "51-100",
                                expect="VALIDATED")  # fmt: skip
    await network.accepted("transferred", "che", row)
    words = ("cancel", ours, account["gbr-voluntary"], "101-110")
    about = ("--purpose", "a flight", "--beneficiary", "A. Traveller")
    await network.propose("cancelled for a traveller", "gbr", *words, *about)


async def _raced(network: KyotoNetwork) -> None:
    stage, ours = network.stage, network.accounts["gbr-holding"]
    stage.chapter("Wrong: two conversions ask for one range at once")
    project = ("--project", "GBR22", "--track", "1")
    told = await asyncio.gather(
        *(
            network.programs.node(
                "gbr",
                "kyoto",
                "convert",
                ours,
                units,
                *project,
                "--unchecked",
                accept=(0, _REFUSED),
            )
            for units in ("201-210", "205-214")
        )
    )
    won = [each for each in told if each["outcome"]["effective"]]
    if len(won) != 1:
        raise DemoFailed(f"expected one winner, found {len(won)} of {len(told)}")
    for each in told:
        done = each["outcome"]["effective"]
        network.note("raced", each, "COMPLETED" if done else "INVALIDATED")


async def _clean_development(network: KyotoNetwork) -> None:
    stage, account = network.stage, network.accounts
    stage.chapter("A project in India: CERs are issued, paid for, and forwarded")
    await network.state("project", "IND9876", "--mechanism", "cdm")
    await network.state("issuance-request", "IND9876", "1", "2014-02-01", "1000")
    await network.state("forwarding-letter", "GBR", "IND9876", "2014-02-20")
    words: tuple[str, ...]
    words = ("issue", account["cdm-pending"], "IND01:1-1000", "--period", "1", "--unit-type", "CER")
    share = ("--project", "IND9876", "--share", f"{account['cdm-fund']}:981-1000")
    await network.propose("CERs issued, two per cent for adaptation", "cdm", *words, *share)
    words = ("transfer", account["cdm-pending"], account["gbr-holding"], "IND01:1-500")
    await network.propose("not paid for", "cdm", *words, "--unchecked", expect="INVALIDATED")
    await network.state("fee-payment", "IND9876", "1", "2014-03-01", "5000")
    stage.say("USD 50 are paid, ten cents each: 500 units are free")
    row = await network.propose("forwarded", "cdm", *words, expect="VALIDATED")
    await network.accepted("taken by Great Britain", "gbr", row)


async def _true_up(network: KyotoNetwork) -> None:
    stage, account = network.stage, network.accounts
    stage.chapter("The true-up: units are retired for compliance")
    await network.programs.broker("clock", "set", _TRUE_UP)
    for name in _NODES:
        await network.programs.node(name, "clock", _TRUE_UP)
    ours, ended = account["gbr-holding"], account["gbr-retirement"]
    await network.propose("retired", "gbr", "retire", ours, ended, f"301-{300 + _RETIRED}")
    words = ("retire", account["gbr-voluntary"], ended, "101-110", "--unchecked")
    await network.propose("cancelled units", "gbr", *words, expect="INVALIDATED")


async def _came_out(network: KyotoNetwork) -> dict[str, object]:
    stage = network.stage
    stage.chapter("What came out")
    names = {account: name for name, account in network.accounts.items()}
    told = (await network.programs.broker("accounts"))["accounts"]
    held = {names[each["account_id"]]: int(each["units"]) for each in told}
    stage.table(
        ("account", "units"), [(name, number(units)) for name, units in held.items()], "units"
    )
    proofs = [await network.programs.node(name, "verify") for name in _NODES]
    checked = sum(int(each["checked"]) for each in proofs)
    valid = sum(int(each["valid"]) for each in proofs)
    record = await network.programs.broker("verify")
    wrong = [] if checked == valid else [f"{checked - valid} proofs do not hold"]
    if held["gbr-retirement"] != _RETIRED:
        wrong.append(f"{held['gbr-retirement']} units are retired, expected {_RETIRED}")
    stage.say(f"{valid} of {checked} proofs hold; the record makes the same ledgers again")
    return {
        "ok": not wrong and record.get("ok", True) is True,
        "transactions": network.transactions,
        "holdings": held,
        "receipts": {"checked": checked, "valid": valid},
        **({"wrong": wrong} if wrong else {}),
    }
