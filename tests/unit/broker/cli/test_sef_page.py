# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The commands of deploy/docs/sef.md do what the page says, and its tables name what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from random import Random

import pytest

from sef.checks.catalogue import TIES
from sef.derivation import Asked, derive
from sef.layouts import LAYOUTS
from sef.workbook_writing import write_workbook
from sef.xml_writing import write_xml
from tests.architecture.documents import executed_blocks
from tests.architecture.sources import ROOT
from tests.kit.sef_history import History
from tests.unit.broker.cli.kit import broker

PAGE = ROOT / "deploy" / "docs" / "sef.md"


@pytest.mark.slow
def test_the_commands_of_the_page_do_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    entries = History(Random(2)).play(12).entries
    for party, year, period in (("NZ", 2015, 2), ("NZ", 2016, 1), ("NZ", 2016, 2), ("CH", 2016, 2)):
        report = derive(entries, Asked(party=party, year=year, period=period))
        assert report is not None
        name = f"RREG1_{party}_{year}_{period}_1.xlsx"
        write_workbook(report, LAYOUTS[report.layout], tmp_path / name)
        if (party, year, period) == ("NZ", 2016, 2):
            write_xml(report, LAYOUTS[report.layout], tmp_path / "log-summary.xml")
    lines = executed_blocks()["sef-check"].text.splitlines()
    assert len(lines) == 5
    for line in lines:
        ran = broker(*shlex.split(line)[1:])
        assert ran.exit_code == 0, (line, ran.stdout, ran.stderr)
    for name in ("result.html", "report.xml", "draft.xlsx"):
        assert (tmp_path / name).exists()


def test_the_page_lists_every_tie_and_every_layout() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| (SEF\d\d) \|", text, re.MULTILINE) == [tie.id for tie in TIES]
    named = set(re.findall(r"`((?:cp1|cp2)-\d{4})`", text))
    assert named == {name for name in LAYOUTS if not name.startswith("draft")}
