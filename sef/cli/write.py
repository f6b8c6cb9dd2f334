# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`sef write`: a submission in another layout or form."""

from __future__ import annotations

from pathlib import Path

import click

from itmo.runtime.cli.progress import Bar
from sef.cli.reading import Refuse, read_files
from sef.completing import completed
from sef.layout import Family
from sef.unplaced import Unplaced
from sef.writing import WORKBOOK, XML, layout_for, write_file


def write_as(file: Path, out: Path, kind: str | None, refuse: Refuse) -> str | None:
    """Carries out `sef write`; returns the name of the layout, or None where the file cannot be read.

    Raises:
        click.BadParameter: the layout or the ending of the file does not fit.
    """
    family = Family(kind) if kind else None
    if out.suffix.lower() not in (XML, WORKBOOK):
        raise click.BadParameter(
            f"{out.name} ends neither with {WORKBOOK} nor with {XML}", param_hint="OUT"
        )
    with Bar() as bar:
        read = read_files((file,), bar, refuse)
    if read is None:
        return None
    submission = read[0].submission
    layout = layout_for(submission, family)
    if layout is None:
        header = submission.header
        raise click.BadParameter(
            f"there is no such layout for period {header.period} and reported year"
            f" {header.reported_year}",
            param_hint="--layout",
        )
    if layout.family is Family.DRAFT and out.suffix.lower() == XML:
        raise click.BadParameter("the draft has no XML form; write .xlsx", param_hint="--layout")
    try:
        write_file(completed(submission, layout), layout, out)
    except Unplaced as error:
        raise click.BadParameter(
            f"{error} Nothing is written; choose another layout, or correct {file.name}.",
            param_hint="--layout",
        ) from None
    return layout.name
