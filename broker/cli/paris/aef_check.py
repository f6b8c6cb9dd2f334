# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker aef check`: submitted files, the ledger or both, checked against each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broker import __version__
from broker.cli.session import Session, session
from itmo.files import write_whole
from itmo.reasons import ProtocolError
from itmo.runtime.cli.contract import Exit, tell
from itmo.runtime.cli.progress import Bar

if TYPE_CHECKING:
    from aef.checks.casefile import CaseFile, Context
    from aef.checks.filed import Filed
    from aef.model import FileSeen, ReadFile, Submission
    from aef.result.document import Result
    from aef.result.rules import RuleFinding
    from itmo.log_position import LogPosition

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("check")
@click.argument("files", nargs=-1, type=_FILE, metavar="[FILE]...")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page, too.")
@click.option("--approaches", type=_FILE, help="YAML: cooperative approaches and their Parties.")
@click.option(
    "--summary",
    "summaries",
    type=_FILE,
    multiple=True,
    help="YAML: structured summaries, for IRC01.",
)
@click.option(
    "--first",
    "first_reports",
    multiple=True,
    metavar="PARTY:YEAR",
    help="The Party has nothing to report before this year.",
)
@click.option("--skip", multiple=True, metavar="CHECK", help="Leave out a check, such as IRC01.")
@click.option("--ledger", is_flag=True, help="Add what Parties' AEFs will say by the ledger.")
@click.option("--party", help="With --ledger: of this Party only.")
@click.option("--year", type=click.IntRange(2021, 9999), help="With --ledger: up to this year.")
def check(files: tuple[Path, ...], **options: Any) -> int:  # noqa: ANN401  # by their names
    """Checks AEFs against the format, and against each other by the 25 consistency checks.

    Give earlier years of the same Parties and the AEFs of the other side as well: what a check needs
    and does not get leaves it undetermined. A file takes the place of what the ledger would say.

    Exit status 0: all is consistent; 1: there are findings; 2: a file cannot be read.
    """
    if not files and not options["ledger"]:
        raise click.UsageError("name files, or add --ledger")
    if (options["party"] or options["year"]) and not options["ledger"]:
        raise click.UsageError("--party and --year go with --ledger: add it, or leave them out")
    run = session()
    with Bar() as bar:
        read = read_files(files, bar, as_json=run.as_json)
        if read is None:
            return Exit.USAGE
        drawn, position = None, None
        if options["ledger"]:
            drawn, position = _drawn(run, options["party"], options["year"], bar)
        result = result_of(read, drawn, options, bar, position)
    if options["html"]:
        from aef.result.page import page

        write_whole(options["html"], page(result))
    _show(run, result)
    return Exit.DONE if result.clean else Exit.REFUSED


def read_files(files: tuple[Path, ...], bar: Bar, *, as_json: bool) -> list[ReadFile] | None:
    """Reads every file; tells about all that cannot be read, and then reads none."""
    if not files:
        return []
    from aef.opening import read_file
    from aef.result.evidence import file_seen, same_file

    read: list[ReadFile] = []
    refused = False
    for path in files:
        try:
            before = file_seen(path)
            found = read_file(path, progress=_steps(bar, f"reading {path.name}"))
            read.append(replace(found, seen=same_file(before, path)))
        except ProtocolError as error:
            # One JSON value only: the first refusal.
            tell(error, as_json=as_json and not refused)
            refused = True
    return None if refused else read


def _steps(bar: Bar, step: str) -> Callable[[int, int], None]:
    return lambda done, of: bar.at(step, done, of)


def _drawn(
    run: Session, party: str | None, year: int | None, bar: Bar
) -> tuple[tuple[list[Submission], Context], LogPosition]:
    """What AEFs will say by the ledger, what the ledger knows besides, and how far the log went."""
    from broker.reports.log_position import log_position
    from broker.reports.paris.aef.drawing import draw_all, movements_to_read
    from broker.reports.paris.aef.ledger_context import ledger_context
    from broker.reports.snapshot import snapshot

    with run.reader() as connection, snapshot(connection):
        position = log_position(connection)
        of, done = movements_to_read(connection), 0

        def progress(count: int) -> None:
            nonlocal done
            done += count
            bar.at("drawing from the ledger", min(done, of), of)

        drawn = draw_all(connection, progress=progress)
        known = ledger_context(connection, drawn)
    wanted = [
        each
        for each in drawn
        if party in (None, each.heading.party) and (year is None or _year(each) <= year)
    ]
    return (wanted, known), position


def _year(submission: Submission) -> int:
    return submission.heading.reported_year or 0


def result_of(
    read: list[ReadFile],
    drawn: tuple[list[Submission], Context] | None,
    options: dict[str, Any],
    bar: Bar,
    position: LogPosition | None = None,
    program: str = "broker",
) -> Result:
    """What the checks find in files and in what was drawn; a file comes before the ledger.

    Args:
        read: Files.
        drawn: AEFs by the ledger, and what it knows besides; None: the ledger was not asked.
        options: The options of the command by their names.
        bar: Is told how far it is.
        position: How far the log went when the ledger was asked.
        program: The program that makes the checks.
    """
    from aef.checks.casefile import CaseFile
    from aef.checks.catalogue import CHECKS
    from aef.checks.filed import file_submission
    from aef.checks.judging import judge
    from aef.result.document import Result
    from aef.result.evidence import Evidence
    from broker.rulebook.paris.catalogue import DIGEST, VERSION
    from itmo.clock import SystemClock

    known = [each.id for each in CHECKS]
    skipped = _skipped(options["skip"], known)
    checks = tuple(each for each in CHECKS if each.id not in skipped)
    filed = [
        file_submission(number, each.submission, each.findings) for number, each in enumerate(read)
    ]
    # A file on several years takes the place of the ledger in each of them.
    given = {(each.party, year) for each in filed for year in _years(each)}
    for submission in drawn[0] if drawn else ():
        one = file_submission(len(filed), submission)
        if not {(one.party, year) for year in _years(one)} <= given:
            filed.append(one)
    _fitting(filed, options["first_reports"])
    judgement = judge(
        CaseFile(filed, _context(drawn[1] if drawn else None, options)),
        checks,
        lambda check_id: bar.at(f"checking {check_id}", known.index(check_id), len(known)),
    )
    return Result(
        judgement=judgement,
        skipped=tuple(each for each in known if each in skipped),
        rules=_rules(judgement.file),
        evidence=Evidence(
            made=SystemClock().now(),
            files=(*(each.seen for each in read if each.seen), *_lists_seen(options)),
            stated=_stated(options["first_reports"]),
            position=position,
            program=f"{program} {__version__}",
            rulebook=VERSION,
            rulebook_digest=DIGEST.hex(),
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
    from aef.result.evidence import file_seen

    approaches: Path | None = options["approaches"]
    return list(map(file_seen, (*([approaches] if approaches else []), *options["summaries"])))


def _stated(first_reports: tuple[str, ...]) -> tuple[str, ...]:
    from broker.cli.paris.aef_check_files import first_years

    return tuple(
        f"{party} had nothing to report before {year}"
        for party, year in first_years(first_reports).items()
    )


def _fitting(filed: list[Filed], stated: tuple[str, ...]) -> None:
    """Refuses first years of Parties that the files themselves belie."""
    from broker.cli.paris.aef_check_files import first_years

    for party, first in first_years(stated).items():
        for each in filed:
            if each.party == party and each.years and each.years[0] < first:
                raise click.BadParameter(
                    f"{party}:{first}: {each.submission.source} reports on {each.years[0]}; state the"
                    " first year on which the Party reports",
                    param_hint="--first",
                )


def _rules(file: CaseFile) -> tuple[RuleFinding, ...]:
    """Rules on what was filed that are none of the 25 checks."""
    from aef.checks.inquiry import Inquiry
    from broker.rulebook.paris.reporting.report_check import ReportFacts
    from broker.rulebook.paris.reporting.report_rules import as_told, judge_reports
    from itmo.clock import SystemClock

    facts = ReportFacts(inquiry=Inquiry(file), today=SystemClock().now().date())
    return tuple(map(as_told, judge_reports(facts)))


def _context(known: Context | None, options: dict[str, Any]) -> Context:
    """What was given takes precedence over the ledger, and the ledger over the built-in list."""
    from aef.checks.casefile import Context
    from broker.cli.paris.aef_check_files import first_years, read_approaches, read_summaries

    known = known or Context()
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


def _show(run: Session, result: Result) -> None:
    from aef.result.document import as_tree
    from broker.cli.paris.aef_check_text import tell as tell_result

    run.show(as_tree(result), lambda screen: tell_result(screen, result))
