# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What came out, asked of the broker and the nodes afterwards, and compared with the table."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.demo import history
from deploy.demo.network import Network
from deploy.demo.reporting import Reported
from deploy.demo.telling import Stage
from itmo.forms import number
from itmo.quantity import signed

Years = dict[str, dict[str, int]]
_REFUSED: Final = 1


@dataclass
class Result:
    """What came out.

    Attributes:
        transactions: As they are told with --json.
        adjustments: By Party and year.
        balances: By Party and year.
        checked: Proofs that the nodes looked at.
        valid: Those that hold.
        wrong: What differs from the table; empty: everything came out as expected.
        reports: The Parties' AEFs as they are told with --json.
    """

    transactions: list[dict[str, object]] = field(default_factory=list)
    adjustments: Years = field(default_factory=dict)
    balances: Years = field(default_factory=dict)
    checked: int = 0
    valid: int = 0
    wrong: list[str] = field(default_factory=list)
    reports: Mapping[str, object] = field(default_factory=dict)

    def take(self, reported: Reported) -> None:
        """Adds what came of the Parties' reports."""
        self.reports = reported.as_json()
        self.wrong += reported.wrong

    def as_json(self, seconds: float) -> dict[str, object]:
        """What --json prints."""
        return {
            "ok": not self.wrong,
            "transactions": self.transactions,
            "adjustments": self.adjustments,
            "balances": self.balances,
            "receipts": {"checked": self.checked, "valid": self.valid},
            "reports": self.reports,
            "seconds": round(seconds, 1),
            **({"wrong": self.wrong} if self.wrong else {}),
        }


async def gather(network: Network) -> Result:
    """Asks broker and nodes, and compares."""
    network.stage.chapter("Everything is asked for again, verified and compared")
    result = Result()
    await asyncio.gather(
        _transactions(network, result),
        _adjustments(network, result),
        _balances(network, result),
        _receipts(network, result),
        _broker_verifies(network, result),
    )
    _compare(network, result)
    return result


async def _transactions(network: Network, result: Result) -> None:
    names = {transaction: label for label, transaction in network.transactions.items()}
    listed = await network.programs.broker("transactions", "--limit", "1000")
    for each in reversed(listed["transactions"]):
        label = names.get(each["transaction_id"], "")
        found = {
            "id": each["transaction_id"],
            "type": each["type"],
            "from": each["from_registry"],
            "to": each["to_registry"],
            "quantity": int(each["quantity"]),
            "state": each["state"],
            "findings": network.findings.get(label, []),
        }
        result.transactions.append(found)


async def _adjustments(network: Network, result: Result) -> None:
    for entry in (await network.programs.broker("adjustments"))["entries"]:
        years = result.adjustments.setdefault(entry["party"], {})
        year = str(entry["year"])
        years[year] = years.get(year, 0) + int(entry["quantity"])


async def _balances(network: Network, result: Result) -> None:
    async def one(party: str, year: int) -> None:
        words = ("balance", "--party", party, "--year", str(year))
        result.balances[party][str(year)] = int((await network.programs.broker(*words))["balance"])

    asked = [(party, year) for party, years in history.BALANCES.items() for year in years]
    for party, year in asked:
        result.balances.setdefault(party, {})[str(year)] = 0  # the order of the table
    await asyncio.gather(*(one(party, year) for party, year in asked))


async def _receipts(network: Network, result: Result) -> None:
    for checked, valid, problems in await asyncio.gather(
        *(node.verify() for node in network.nodes.values())
    ):
        result.checked += checked
        result.valid += valid
        result.wrong += problems


async def _broker_verifies(network: Network, result: Result) -> None:
    verified: dict[str, Any] = await network.programs.broker("verify", accept=(0, _REFUSED))
    if not verified.get("ok"):
        told = verified.get("problems") or verified.get("error")
        result.wrong.append(f"broker verify: {str(told)[:500]}")


def _compare(network: Network, result: Result) -> None:
    by_id = {str(each["id"]): each for each in result.transactions}
    for expected in history.TRANSACTIONS:
        found = by_id.pop(network.transactions[expected.label], {})
        for name, wanted in (
            ("type", expected.type),
            ("from", expected.source),
            ("to", expected.target),
            ("quantity", expected.quantity),
            ("state", expected.state),
        ):
            if found.get(name) != wanted:
                result.wrong.append(f"{expected.label}: {name} {found.get(name)}, not {wanted}")
        faults = set(network.findings[expected.label])
        if not expected.findings <= faults or (faults and not expected.findings):
            wanted_faults = sorted(expected.findings)
            result.wrong.append(f"{expected.label}: {sorted(faults)}, not {wanted_faults}")
    result.wrong += [f"transaction {name} is not in the story" for name in by_id]
    result.wrong += _differences("adjustment", result.adjustments, history.ADJUSTMENTS)
    result.wrong += _differences("balance", result.balances, history.BALANCES)
    if not result.checked or result.valid != result.checked:
        result.wrong.append(f"{result.valid} of {result.checked} proofs are valid")


def _differences(what: str, found: Years, expected: Mapping[str, Mapping[int, int]]) -> list[str]:
    wanted = {party: {str(y): n for y, n in years.items()} for party, years in expected.items()}
    pairs = {(party, year) for table in (found, wanted) for party in table for year in table[party]}
    return [
        f"{what} {party} {year}: {found.get(party, {}).get(year)}, not"
        f" {wanted.get(party, {}).get(year)}"
        for party, year in sorted(pairs)
        if found.get(party, {}).get(year) != wanted.get(party, {}).get(year)
    ]


def show(result: Result, network: Network, stage: Stage, seconds: float) -> None:
    """Tells what came out."""
    labels = {transaction: label for label, transaction in network.transactions.items()}
    stage.table(
        ("transaction", "type", "from", "to", "quantity", "state", "checks that failed"),
        [
            (
                labels.get(str(each["id"]), str(each["id"])),
                str(each["type"]),
                str(each["from"]),
                str(each["to"]),
                number(int(str(each["quantity"]))),
                str(each["state"]),
                " ".join(network.findings.get(labels.get(str(each["id"]), ""), [])),
            )
            for each in result.transactions
        ],
        "quantity",
    )
    stage.plain()
    stage.table(
        ("Party", "year", "adjustment", "balance"),
        [
            (
                party,
                year,
                signed(result.adjustments.get(party, {}).get(year, 0)),
                number(balance),
            )
            for party, years in sorted(result.balances.items())
            for year, balance in years.items()
        ],
        "year adjustment balance",
    )
    stage.plain()
    stage.plain("t CO2 eq; inventories are invented, adjustments are those of the ledger.", "dim")
    stage.plain(f"Nodes verified {result.valid} of {result.checked} signed messages and receipts.")
    if result.wrong:
        for each in result.wrong:
            stage.plain(f"NOT AS EXPECTED  {each}", "red")
    else:
        stage.plain("The broker verified its record by playing it again. All came out as expected.")
    stage.plain(f"{seconds:.1f} seconds")
