# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`aef export`: submissions written into files, as workbooks or JSON, and what is told of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import click

from aef.cli.options import FORMATS
from aef.json_writing import to_json
from aef.model import Submission
from aef.workbook_writing import write_workbook
from itmo.files import write_whole
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.progress import Bar
from itmo.runtime.cli.screen import Screen


def write_files(
    submissions: Iterable[Submission],
    bar: Bar,
    *,
    out: Path | None,
    kind: str,
    everything: bool,
    unmerged: bool,
    force: bool,
) -> list[tuple[Submission, Path]]:
    """Writes submissions, every one into a file; the arguments are options of the command.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, naming a file that exists.
    """
    written = [(each, _place_of(each, out, kind, folder=everything)) for each in submissions]
    if not force:
        _refuse_existing(path for _, path in written)
    for each, path in written:
        _write(each, path, kind, partial(bar.at, f"writing {path.name}"), merged=not unmerged)
    return written


def format_of(out: Path | None, asked: str | None, *, folder: bool) -> str:
    """The format that was asked for, or that the name of a file asks for.

    Raises:
        click.BadParameter: the file has the name of another format.
    """
    if out is None or folder or out.is_dir():
        return asked or "xlsx"
    named = out.suffix.lower().removeprefix(".")
    if named not in FORMATS or asked not in (None, named):
        raise click.BadParameter(
            f"{str(out)!a} has the name of another format; name a file that ends in"
            f" {' or '.join(f'.{each}' for each in FORMATS if asked in (None, each))},"
            " or a folder that exists",
            param_hint="--out",
        )
    return named


def _place_of(submission: Submission, out: Path | None, kind: str, *, folder: bool) -> Path:
    """The file that a submission is written into."""
    heading = submission.heading
    name = f"AEF_{heading.party}_{heading.reported_year}.{kind}"
    if out is None:
        return Path(name)
    return out / name if folder or out.is_dir() else out


def _refuse_existing(paths: Iterable[Path]) -> None:
    """Looks that nothing is written over.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, naming the file that exists.
    """
    for path in paths:
        if path.exists():
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"The file {path} exists. Write over it with --force, or elsewhere with --out.",
                setting="--out",
                found=str(path),
            )


def _write(
    submission: Submission,
    path: Path,
    kind: str,
    progress: Callable[[int, int], None],
    *,
    merged: bool,
) -> None:
    """Writes a file that appears under its name when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "xlsx":
        write_workbook(submission, path, progress, merged=merged)
        return
    text = json.dumps(to_json(submission), ensure_ascii=False, indent=2)
    write_whole(path, f"{text}\n")


def told(submission: Submission, path: Path) -> dict[str, object]:
    """What was written, for a program."""
    return {
        "party": submission.heading.party,
        "year": submission.heading.reported_year,
        "file": str(path),
        "rows": {
            "authorizations": len(submission.authorizations),
            "actions": len(submission.actions),
            "holdings": len(submission.holdings),
            "entities": len(submission.entities),
        },
    }


def tell_written(screen: Screen, written: list[tuple[Submission, Path]]) -> None:
    """What was written, for people."""
    screen.table(
        ("Party", "year", "file", "authorizations", "actions", "holdings", "entities"),
        [
            (
                each.heading.party, each.heading.reported_year, path, len(each.authorizations),
                len(each.actions), len(each.holdings), len(each.entities),
            )
            for each, path in written
        ],
        numbers=["year", "authorizations", "actions", "holdings", "entities"],
        empty="the record has nothing to report",
    )  # fmt: skip
