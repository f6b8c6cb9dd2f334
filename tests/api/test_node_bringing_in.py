# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node kyoto bring-in` goes on where it stopped, and proposes nothing a second time."""

from __future__ import annotations

from pathlib import Path

from itmo.runtime.cli.contract import Exit
from tests.api.test_node_cli import Terminal, terminal

__all__ = ["terminal"]


async def test_units_of_an_archive_are_brought_in_once_however_often_it_is_run(
    terminal: Terminal, tmp_path: Path
) -> None:
    accounts = [
        (await terminal.ask("kyoto", "open-account", "--type", kind, *more))["account"][
            "account_id"
        ]
        for kind, more in (("100", ()), ("300", ("--period", "1")))
    ]
    archive = tmp_path / "blocks.csv"
    archive.write_text(
        "registry,first,last,unit_type,original_period,applicable_period,account,had_left\n"
        f"THA01,1,100,1,1,1,{accounts[0]},\n"
        f"THA01,101,120,1,1,1,{accounts[0]},yes\n"
        f"THA01,201,230,1,1,1,{accounts[1]},\n"
    )
    words = ("kyoto", "bring-in", str(archive))
    # The first one goes through; the second is refused, as if something were not in order yet.
    first = await terminal.ask(*words, "--account", accounts[0])
    assert (first["units"], first["transactions"]) == ("120", 2)
    terminal.network.broker.invalid = "KP_OPENING_FITS"
    code, text = await terminal.run(*words)
    assert code == Exit.REFUSED
    assert "KP_OPENING_FITS" in text
    terminal.network.broker.invalid = ""
    again = await terminal.ask(*words)
    assert (again["units"], again["transactions"], again["units_before"]) == ("30", 1, "120")
    nothing = await terminal.ask(*words)
    assert (nothing["units"], nothing["units_before"]) == ("0", "150")
    held = (await terminal.ask("holdings"))["holdings"]
    assert sum(int(e["block"]["last"]) - int(e["block"]["first"]) + 1 for e in held) == 150
