# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`aef check`: submitted files, what the ledger says or both, checked against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import click

from aef.checks.casefile import CaseFile, Context
from aef.checks.catalogue import CHECKS
from aef.checks.filed import Filed, file_submission
from aef.checks.inquiry import Inquiry
from aef.checks.judging import judge
from aef.cli.check_inputs import first_years, read_approaches, read_summaries
from aef.model import ReadFile, Submission
from aef.opening import read_file
from aef.result.document import Result
from aef.result.evidence import Evidence, file_seen, same_file
from aef.result.page import page
from aef.result.rules import Rulebook
from itmo.files import write_whole
from itmo.log_position import LogPosition
from itmo.reasons import ProtocolError
from itmo.runtime.cli.progress import Bar
from workbooks.files_seen import FileSeen

Drawing: TypeAlias = Callable[[Bar], "Drawn"]
Refuse: TypeAlias = Callable[[ProtocolError, bool], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What AEFs will say by the ledger, up to the year that was asked for.

    Attributes:
        known: What the ledger knows besides.
        position: How far the log went.
    """

    submissions: list[Submission]
    known: Context
    position: LogPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """Who makes the checks.

    Attributes:
        program: Its name and version.
        rulebook: Under which it works.
        now: When the checks are made.
    """

    program: str
    rulebook: Rulebook
    now: datetime


def check_files(
    files: tuple[Path, ...],
    options: dict[str, Any],
    checker: Checker,
    drawing: Drawing,
    refuse: Refuse,
) -> Result | None:
    """Carries out `aef check` and writes the page that was asked for; None: a file cannot be read.

    Args:
        files: Submissions.
        options: The other options of the command by their names.
        checker: Who makes the checks.
        drawing: Asks the ledger; called with --ledger only.
        refuse: Is told of every file that cannot be read, and whether it is the first.
    """
    if not files and not options["ledger"]:
        raise click.UsageError("name files, or add --ledger")
    if (options["party"] or options["year"]) and not options["ledger"]:
        raise click.UsageError("--party and --year go with --ledger: add it, or leave them out")
    with Bar() as bar:
        read = _read_files(files, bar, refuse)
        if read is None:
            return None
        drawn = drawing(bar) if options["ledger"] else None
        result = _result_of(read, drawn, options, checker, bar)
    if options["html"]:
        write_whole(options["html"], page(result))
    return result


def _read_files(files: tuple[Path, ...], bar: Bar, refuse: Refuse) -> list[ReadFile] | None:
    """Reads every file; tells about all that cannot be read, and then reads none."""
    read: list[ReadFile] = []
    refused = False
    for path in files:
        try:
            before = file_seen(path)
            found = read_file(path, progress=_steps(bar, f"reading {path.name}"))
            read.append(replace(found, seen=same_file(before, path)))
        except ProtocolError as error:
            refuse(error, not refused)
            refused = True
    return None if refused else read


def _steps(bar: Bar, step: str) -> Callable[[int, int], None]:
    return lambda done, of: bar.at(step, done, of)


def up_to(submissions: Iterable[Submission], year: int | None) -> list[Submission]:
    """Submissions on years up to one, or all."""
    return [
        each for each in submissions if year is None or (each.heading.reported_year or 0) <= year
    ]


def _result_of(
    read: list[ReadFile],
    drawn: Drawn | None,
    options: dict[str, Any],
    checker: Checker,
    bar: Bar,
) -> Result:
    """What the checks find in files and in what was drawn; a file comes before the ledger."""
    known = [each.id for each in CHECKS]
    skipped = _skipped(options["skip"], known)
    checks = tuple(each for each in CHECKS if each.id not in skipped)
    filed = [
        file_submission(number, each.submission, each.findings) for number, each in enumerate(read)
    ]
    # A file on several years takes the place of the ledger in each of them.
    given = {(each.party, year) for each in filed for year in _years(each)}
    for submission in drawn.submissions if drawn else ():
        one = file_submission(len(filed), submission)
        if not {(one.party, year) for year in _years(one)} <= given:
            filed.append(one)
    _fitting(filed, options["first_reports"])
    judgement = judge(
        CaseFile(filed, _context(drawn.known if drawn else Context(), options)),
        checks,
        lambda check_id: bar.at(f"checking {check_id}", known.index(check_id), len(known)),
    )
    return Result(
        judgement=judgement,
        skipped=tuple(each for each in known if each in skipped),
        rules=tuple(checker.rulebook.judge(Inquiry(judgement.file), checker.now.date())),
        evidence=Evidence(
            made=checker.now,
            files=(*(each.seen for each in read if each.seen), *_lists_seen(options)),
            stated=_stated(options["first_reports"]),
            position=drawn.position if drawn else None,
            program=checker.program,
            rulebook=checker.rulebook.version,
            rulebook_digest=checker.rulebook.digest,
        ),
    )


def _years(one: Filed) -> range:
    """The years that a submission reports on; none where they could not be read."""
    return range(0) if one.years is None else range(one.years[0], one.years[1] + 1)


def _skipped(named: tuple[str, ...], known: list[str]) -> set[str]:
    """Ids of the checks that are left out."""
    skipped = {each.upper() for each in named}
    if unknown := sorted(skipped - set(known)):
        raise click.BadParameter(
            f"{', '.join(unknown)}: no such check; there are {', '.join(known)}",
            param_hint="--skip",
        )
    if skipped == set(known):
        raise click.BadParameter(
            "no check is left to be made; leave fewer of them out", param_hint="--skip"
        )
    return skipped


def _lists_seen(options: dict[str, Any]) -> list[FileSeen]:
    """The files with approaches and summaries; what is in them decides, too."""
    approaches: Path | None = options["approaches"]
    return list(map(file_seen, (*([approaches] if approaches else []), *options["summaries"])))


def _stated(first_reports: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"{party} had nothing to report before {year}"
        for party, year in first_years(first_reports).items()
    )


def _fitting(filed: list[Filed], stated: tuple[str, ...]) -> None:
    """Refuses first years of Parties that the files themselves belie."""
    for party, first in first_years(stated).items():
        for each in filed:
            if each.party == party and each.years and each.years[0] < first:
                raise click.BadParameter(
                    f"{party}:{first}: {each.submission.source} reports on {each.years[0]}; state the"
                    " first year on which the Party reports",
                    param_hint="--first",
                )


def _context(known: Context, options: dict[str, Any]) -> Context:
    """What was given takes precedence over the ledger, and the ledger over the built-in list."""
    approaches, summaries = dict(known.approaches), dict(known.summaries)
    if options["approaches"]:
        approaches |= {each.id: each for each in read_approaches(options["approaches"])}
    for path in options["summaries"]:
        summaries |= {each.key: each for each in read_summaries(path)}
    stated = first_years(options["first_reports"])
    by_ledger = {each for each in known.first_reports if each[0] not in stated}
    return Context(
        approaches=approaches,
        first_reports=frozenset({*by_ledger, *stated.items()}),
        summaries=summaries,
    )
