# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions out of a file, by the program itself: looked at whole, sent once, with a line for each."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from itmo import limits
from itmo.runtime.cli.contract import Exit
from registry_node.cli import main
from tests.api.test_node_cli import Terminal, terminal
from tests.architecture.documents import executed_blocks
from tests.architecture.sources import ROOT
from tests.kit.commands import ran

__all__ = ["terminal"]


async def holding(at: Terminal) -> str:
    """An account with units 1 to 1000."""
    account = (await at.ask("open-account", "--type", "100"))["account"]["account_id"]
    authorization = at.folder / "authorization.yaml"
    authorization.write_text(
        'id: "1006.4/2810"\nparty: THA\ncooperative_approach: CA0003\npurposes: [NDC]\n'
        "quantity: 500000\nparties: [CHE]\nvintages: [2022, 2030]\ndate: 2022-11-01\n"
    )
    await at.ask("authorize", str(authorization))
    words = ("--authorization", "1006.4/2810", "--vintage", "2022")
    await at.ask("issue", account, "1-1000", *words)
    return str(account)


def table(path: Path, *rows: tuple[object, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


async def given(at: Terminal, file: Path, code: int, *words: str) -> Any:  # noqa: ANN401  # JSON
    done = await ran(main, "--dir", at.folder, "propose", "--file", file, "--json", *words)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


async def test_rows_are_proposed_once_in_batches(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_PROPOSALS_PER_BATCH", 4)
    account = await holding(terminal)
    other = terminal.other_account
    heads = ("From account", "to-account", "units", "note")
    rows = [(account, other, f"{n}-{n + 4}", f"part {n}") for n in range(1, 50, 5)]
    file = table(terminal.folder / "transfers.csv", heads, *rows)
    told = await given(terminal, file, Exit.DONE)
    assert (told["sent"], told["rows"], told["judged"], told["failed"]) == (True, 10, 10, 0)
    found = lines(terminal.folder / "transfers.result.csv")
    assert [(each["row"], each["state"]) for each in found] == [
        (str(n), "VALIDATED") for n in range(2, 12)
    ]
    known = await terminal.node.transactions()
    moved = [each for each in known if each.to_registry == "CHE01"]
    assert sorted(each.transaction_id for each in moved) == sorted(
        each["transaction_id"] for each in found
    )
    again = await given(terminal, file, Exit.DONE)
    assert again["digest"] == told["digest"]
    assert len(await terminal.node.transactions()) == len(known)
    assert lines(terminal.folder / "transfers.result.csv") == found


async def test_everything_that_is_wrong_is_told_and_nothing_is_sent(terminal: Terminal) -> None:
    account = await holding(terminal)
    other = terminal.other_account
    before = len(await terminal.node.transactions())
    file = table(
        terminal.folder / "bad.csv",
        ("type", "from_account", "to_account", "units", "year", "deadline"),
        ("transfer", account, other, "1-10", "", ""),
        ("transfer", account, other, "ten", "", "tomorrow"),
        ("transfer", account, other, "", "", ""),
        ("sell", account, other, "20-30", "", ""),
        ("transfer", account, other, "40-50", "2022", ""),
        ("transfer", other, other, "60-70", "", ""),
        ("transfer", account, other, "990-1010", "", ""),
        ("use", account, other, "8-9", "2022", ""),
    )
    told = await given(terminal, file, Exit.REFUSED)
    assert told["sent"] is False
    assert [(each["row"], each["column"]) for each in told["faults"]] == [
        (3, "units"),
        (3, "deadline"),
        (4, "units"),
        (5, "type"),
        (6, "year"),
        (7, "from_account"),
        (8, ""),
        (9, "units"),
    ]
    assert len(lines(terminal.folder / "bad.result.csv")) == 8
    assert len(await terminal.node.transactions()) == before


async def test_issuances_and_cancellations_out_of_a_workbook(terminal: Terminal) -> None:
    account = await holding(terminal)
    final = (await terminal.ask("open-account", "--type", "300"))["account"]["account_id"]
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(
        [
            "type",
            "account",
            "units",
            "authorization",
            "vintage",
            "from_account",
            "to_account",
            "purpose",
        ]
    )
    sheet.append(["issue", account, "2001-2100", "1006.4/2810", 2022])
    sheet.append(["cancel", None, "1-10", None, None, account, final, "a flight"])
    file = terminal.folder / "year.xlsx"
    book.save(file)
    told = await given(terminal, file, Exit.DONE)
    assert (told["rows"], told["ended"]) == (2, 2)
    held = (await terminal.ask("holdings", account))["holdings"]
    assert [(each["block"]["first"], each["block"]["last"]) for each in held] == [
        ("11", "1000"),
        ("2001", "2100"),
    ]


async def test_the_commands_of_the_page_do_what_it_says(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await holding(terminal)
    page = (ROOT / "deploy/docs/files.md").read_text(encoding="utf-8")
    example = page.split("```csv\n")[1].split("```")[0]
    example = example.replace("TH01THA0110000000001", account)
    example = example.replace("CH01CHE0110000000001", terminal.other_account)
    (terminal.folder / "transfers.csv").write_text(example, encoding="utf-8")
    monkeypatch.chdir(terminal.folder)
    for line in executed_blocks()["propose-file"].text.splitlines():
        program, *words = shlex.split(line)
        assert program == "registry-node"
        done = await ran(main, "--dir", terminal.folder, *words)
        assert done.exit_code == Exit.DONE, done.output
    found = lines(terminal.folder / "transfers.result.csv")
    assert [each["state"] for each in found] == ["VALIDATED", "VALIDATED"]
    told = await accepted(terminal)
    assert told == {"accepted": 0, "from": "CHE01"}


async def test_a_file_is_stopped_moved_shown_and_resumed(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_PROPOSALS_PER_BATCH", 2)
    account = await holding(terminal)
    await terminal.node.stop()
    heads = ("from_account", "to_account", "units")
    rows = [(account, terminal.other_account, n) for n in range(1, 13)]
    file = table(terminal.folder / "transfers.csv", heads, *rows)
    told = await given(terminal, file, Exit.UNREACHABLE, "--wait", "0")
    assert (told["state"], told["unsent"]) == ("SENDING", 12)
    stopped = await jobs(terminal, "stop", "transfers.csv")
    assert (stopped["state"], stopped["dropped"]) == ("STOPPED", False)
    told = await given(terminal, file, Exit.REFUSED)
    assert (told["state"], told["judged"]) == ("STOPPED", 0)
    assert {each["state"] for each in lines(Path(told["result"]))} == {"STOPPED"}
    moved = file.rename(terminal.folder / "moved.csv")
    (listed,) = (await jobs(terminal, "list"))["jobs"]
    assert (listed["name"], listed["state"], listed["rows"]) == ("transfers.csv", "STOPPED", 12)
    name = listed["digest"][:8]
    assert (await jobs(terminal, "resume", name))["state"] == "SENDING"
    await terminal.node.start()
    told = await given(terminal, moved, Exit.DONE)
    assert (told["digest"], told["judged"]) == (listed["digest"], 12)
    out = terminal.folder / "out.csv"
    assert (await jobs(terminal, "show", name, "--result", str(out)))["state"] == "SENT"
    assert [each["state"] for each in lines(out)] == ["VALIDATED"] * 12
    await jobs(terminal, "show", "other.csv", code=Exit.USAGE)


async def jobs(at: Terminal, *words: str, code: int = Exit.DONE) -> Any:  # noqa: ANN401  # JSON
    done = await ran(main, "--dir", at.folder, "jobs", *words, "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


async def accepted(at: Terminal) -> Any:  # noqa: ANN401  # JSON
    done = await ran(main, "--dir", at.folder, "accept", "--all-from", "CHE01", "--json")
    return json.loads(done.stdout)
