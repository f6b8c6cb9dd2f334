# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The annual information of the Parties: written from the ledger, checked; and a pair with flaws."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.demo import history
from deploy.demo.flawed_files import INVENTED, REAL, saved, swiss_workbook, thai_workbook
from deploy.demo.network import Network
from itmo.forms import number

_DONE: Final = (0, 1)
"""Exit statuses of a check that was done; 1 says that it found something."""
_SLASH: Final = "AUTHORIZATION_FORMAT"
_SHOWN: Final = 100
"""Characters of a finding that are told."""


@dataclass
class Reported:
    """What came of the reports.

    Attributes:
        files: The AEFs written: Party, year, and rows by table.
        states: How many of them are consistent, inconsistent and undetermined.
        flaws: Flaws found in the pair that has them, each with the check or code that found it.
        wrong: What did not come out as it must.
    """

    files: list[dict[str, Any]] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    flaws: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """What --json prints."""
        return {
            "files": [
                {"party": each["party"], "year": each["year"], "rows": each["rows"]}
                for each in self.files
            ],
            "states": self.states,
            "flaws": dict(self.flaws),
        }


@dataclass(frozen=True, slots=True)
class Flaw:
    """A flaw that the pair of reports really has, and by what it is known in the result of the check.

    Attributes:
        check: The consistency check, or the code of the format, that finds it.
        part: What the finding says among other things.
    """

    label: str
    check: str
    part: str


FLAWS: Final = (
    Flaw("unit ids that do not match", "IPC01", "unit ids: "),
    Flaw("1 917 serial numbers for 1 916 units", "DR01", "1 917 serial numbers"),
    Flaw("dates 19 days apart", "IPC01", "19 days apart"),
    Flaw("two years in one report", "YEAR_RANGE", ": 2023-2024, expected"),
    Flaw("an action outside the reported year", "STC01", "20 Dec 2023"),
    Flaw("two-letter Party codes", "PARTY_ALPHA2", ": TH, expected"),
    Flaw("a Party that is written out", "PARTY_NAME", ": Switzerland, expected"),
    Flaw("a registry number of three digits", "REGISTRY_DIGITS", ": TH001, expected"),
    Flaw("the format of the time frame", "TIME_FRAME_FORMAT", "Authorized timeframe: "),
)
"""TH and CH (see history): what their reports say of one and the same transfer."""


@dataclass(frozen=True)
class Drawn:
    """What the commands on reports printed.

    Attributes:
        files: The AEFs written.
        checked: What the check of them says.
        flawed: What the check of the pair that has flaws says.
    """

    files: list[dict[str, Any]]
    checked: dict[str, Any]
    flawed: dict[str, Any]


async def draw(network: Network) -> Drawn:
    """Writes the AEFs of all Parties and years, checks them, and a pair that has flaws; tells nothing yet."""
    (files, checked), flawed = await asyncio.gather(_own(network), _pair(network))
    return Drawn(files, checked, flawed)


async def _own(network: Network) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    folder = network.programs.home / "reports"
    exported = await network.programs.broker("aef", "export", "--all", "--out", folder)
    files = exported["files"]
    return files, await _check(network, "--ledger", *(Path(each["file"]) for each in files))


async def _pair(network: Network) -> dict[str, Any]:
    folder = network.programs.home / "rebuilt"
    folder.mkdir()
    pair = [
        saved(thai_workbook(), folder / "THA_2023-2024_rebuilt.xlsx"),
        saved(swiss_workbook(), folder / "CHE_2024_rebuilt.xlsx"),
    ]
    return await _check(network, "--first", "THA:2023", "--first", "CHE:2024", *pair)


def report(network: Network, drawn: Drawn) -> Reported:
    """Tells what came of the reports."""
    reported = Reported()
    _from_the_ledger(network, reported, drawn)
    _with_flaws(network, reported, drawn)
    return reported


def _from_the_ledger(network: Network, reported: Reported, drawn: Drawn) -> None:
    stage = network.stage
    stage.chapter("The Parties' annual information (AEF), from the ledger")
    reported.files = drawn.files
    tables = ("authorizations", "actions", "holdings")
    stage.table(
        ("Party", "year", *tables),
        [
            (
                str(each["party"]),
                str(each["year"]),
                *(number(each["rows"][table]) for table in tables),
            )
            for each in reported.files
        ],
        f"year {' '.join(tables)}",
    )
    checked = drawn.checked
    counts = checked["counts"]
    reported.states = {
        state: counts[state] for state in ("consistent", "inconsistent", "undetermined")
    }
    stage.say(
        f"Read back and checked against each other: {counts['consistent']} of {len(drawn.files)} workbooks"
        f" are consistent in all {len(checked['checks'])} checks"
    )
    said = _said(checked)
    slashed = [each for each in said if each[0] == _SLASH]
    if slashed:
        stage.say(
            f"{len(slashed)} cells name the real letter 1006.4/2810, as Thailand numbered it; the"
            " nomenclatures of June 2026 ask for ids without slash and full stop"
        )
    for check, found in said:
        if check != _SLASH:
            stage.finding(check, found)
            reported.wrong.append(f"AEF: {check}: {found}")
    written = {(each["party"], each["year"]) for each in reported.files}
    if written != history.REPORTS:
        reported.wrong.append(f"AEFs of {sorted(written)}, not {sorted(history.REPORTS)}")
    if reported.states["consistent"] != len(history.REPORTS):
        reported.wrong.append(f"AEFs are {reported.states}")


def _with_flaws(network: Network, reported: Reported, drawn: Drawn) -> None:
    stage = network.stage
    stage.chapter("The same transfer as Thailand and Switzerland reported it, rebuilt from that")
    stage.say(REAL)
    stage.say(INVENTED)
    said = _said(drawn.flawed)
    for flaw in FLAWS:
        found = [(check, text) for check, text in said if check == flaw.check and flaw.part in text]
        if not found:
            reported.wrong.append(f"not found in the flawed pair: {flaw.label}")
            continue
        reported.flaws.append((flaw.label, found[0][0]))
        stage.finding(found[0][0], f"{flaw.label} ({found[0][1][:_SHOWN]})")
    stage.say(f"{len(reported.flaws)} of {len(FLAWS)} known flaws found, by {len(said)} findings")


async def _check(network: Network, *words: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = await network.programs.broker("aef", "check", *words, accept=_DONE)
    return found


def _said(checked: dict[str, Any]) -> list[tuple[str, str]]:
    """Findings of the consistency checks, then those of the format."""
    consistency = [
        (each["check"], each["found"] or f"missing: {each['missing']}")
        for each in checked["findings"]
    ]
    syntax = [
        (each["code"], f"{each['title']}: {each['found']}, expected {each['expected']}")
        for submission in checked["submissions"]
        for each in submission["syntax"]
    ]
    return consistency + syntax
