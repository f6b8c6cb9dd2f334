# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`sef write`: a submission in another layout or form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from itmo.runtime.cli.progress import Bar
from sef.cli.reading import Refuse, read_files
from sef.completing import completed
from sef.derivation import Asked, derive
from sef.entries import CDM, Entry
from sef.layout import Family, Layout
from sef.model import Submission
from sef.unplaced import Unplaced
from sef.writing import WORKBOOK, XML, layout_for, write_file


def write_as(file: Path, out: Path, kind: str | None, refuse: Refuse) -> str | None:
    """Carries out `sef write`; returns the name of the layout, or None where the file cannot be read.

    Raises:
        click.BadParameter: the layout or the ending of the file does not fit.
    """
    family = Family(kind) if kind else None
    _fitting_end(out)
    with Bar() as bar:
        read = read_files((file,), bar, refuse)
    if read is None:
        return None
    return _write(read[0].submission, out, family, f", or correct {file.name}").name


def write_derived(
    entries: Iterable[Entry], asked: Asked, out: Path | None, kind: str | None
) -> tuple[Path, str]:
    """Derives a report from a ledger's entries and writes it; returns the file and its layout.

    Args:
        entries: Of the ledger.
        asked: Which report.
        out: Where to; None: the present folder, under the name that Parties give it.
        kind: Kind of layout; None: the one in use.

    Raises:
        click.BadParameter: the layout or the ending of the file does not fit, or no Party is asked for.
    """
    family = Family(kind) if kind else None
    name = f"RREG1_{asked.party}_{asked.year}_{asked.period}_{asked.version}{WORKBOOK}"
    path = out or Path(name)
    _fitting_end(path)
    if asked.party == CDM:
        raise click.BadParameter(
            "the registry of the clean development mechanism makes no such report",
            param_hint="PARTY",
        )
    submission = derive(entries, replace(asked, family=family))
    if submission is None:
        raise click.BadParameter(_no_layout(asked.period, asked.year), param_hint="--layout")
    return path, _write(submission, path, family, "").name


def _fitting_end(out: Path) -> None:
    if out.suffix.lower() not in (XML, WORKBOOK):
        raise click.BadParameter(
            f"{out.name} ends neither with {WORKBOOK} nor with {XML}", param_hint="OUT"
        )


def _no_layout(period: int, year: int) -> str:
    return f"there is no such layout for period {period} and reported year {year}"


def _write(submission: Submission, out: Path, family: Family | None, remedy: str) -> Layout:
    layout = layout_for(submission, family)
    if layout is None:
        header = submission.header
        raise click.BadParameter(
            _no_layout(header.period, header.reported_year), param_hint="--layout"
        )
    if layout.family is Family.DRAFT and out.suffix.lower() == XML:
        raise click.BadParameter("the draft has no XML form; write .xlsx", param_hint="--layout")
    try:
        write_file(completed(submission, layout), layout, out)
    except Unplaced as error:
        raise click.BadParameter(
            f"{error} Nothing is written; choose another layout{remedy}.", param_hint="--layout"
        ) from None
    return layout
