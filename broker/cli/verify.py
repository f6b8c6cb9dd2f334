# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Verification of everything stored."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import click

from broker.cli.session import NotFounded, session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.progress import Bar
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

    from broker.regime.regimes import Regimes
    from broker.verifying.timeline_held import Compared
    from broker.verifying.verify import Verified
    from itmo.runtime.db.connection import Connection


@click.command()
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Verifies from the first decision on, and not only what was decided since the last time.",
)
def verify(*, everything: bool) -> int:
    """Verifies everything stored; exit status 1 when something does not hold.

    The file, every ledger invariant, every signature; then the signed messages are played again
    into an empty database, and must lead to the same ledgers, statements and log. Messages in archive
    files are played from there; without one of these files nothing is played, and the answer says so.
    The timeline, from which nodes are told balances and histories, is compared with what the ledger makes
    of one.

    What is made so is kept beside the database. The next time only what was decided since is played
    again, and compared with all that it changed; a run that was cut off is gone on with, and all is
    compared. Where nothing can be written there, as with a back-up on a medium for an auditor, it is made
    among temporary files, whole each time.
    """
    from broker.known_regimes import regimes_of
    from broker.store.log_head import log_end
    from broker.verifying.kept import kept_beside, kept_where_allowed, nothing_without_room
    from itmo.runtime.db.head import check_end, head_path, read_head
    from itmo.runtime.rights import NotAllowed

    run = session()
    settings = run.settings()
    database = settings.database.books.file
    regimes = regimes_of(settings.transactions.rulebooks)
    try:
        known = read_head(head_path(database))  # before the database: a broker may be at work
        with (
            run.reader() as connection,
            Bar() as bar,
            kept_where_allowed(database) as file,
            nothing_without_room(file),
        ):
            found = _verified(connection, file, regimes, bar, anew=everything)
            # It is made of what is in the database.
            timeline = (
                None if found.problems else _timeline(connection, database, file, bar, everything)
            )
            if timeline is not None:
                found = replace(found, problems=(*found.problems, *timeline.problems))
            if known is not None and (missing := check_end(database, known, log_end(connection))):
                found = replace(found, problems=(missing, *found.problems))
    except (NotAllowed, NotFounded):
        raise  # nothing was looked at
    except ProtocolError as error:
        if error.metadata.get("setting") != "database" or not database.exists():
            raise
        # A file that cannot even be opened as a database is the worst result of a verification.
        raise ProtocolError(Reason.LEDGER_AUDIT_FAILED, error.message) from error
    told = _Told(found, timeline, head=known is not None, kept=file == kept_beside(database))
    run.show(told.facts(), partial(_tell, told=told))
    return Exit.REFUSED if found.problems else Exit.DONE


@dataclass(frozen=True)
class _Told:
    """What came of it; whether a head lay beside the database, and whether anything was kept there."""

    found: Verified
    timeline: Compared | None
    head: bool
    kept: bool

    def facts(self) -> dict[str, object]:
        """As JSON."""
        from itmo.forms import as_json

        facts, timeline = as_json(self.found), self.timeline
        return {
            "ok": not self.found.problems,
            **(facts if isinstance(facts, dict) else {}),
            "timeline": timeline
            and {"decisions": str(timeline.decisions), "verified_before": str(timeline.before)},
            "may_be_kept": self.kept,
        }


def _verified(
    stored: Connection, file: Path, regimes: Regimes, bar: Bar, *, anew: bool
) -> Verified:
    """What is found; whole once more where it may be what was kept that is wrong, and not the database."""
    from broker.store.log_head import log_size
    from broker.verifying.kept import Kept
    from broker.verifying.verify import verify as verify_database

    size = log_size(stored)
    with closing(Kept(file, stored, regimes, anew=anew)) as kept:
        found = verify_database(
            stored, lambda done: bar.at("decisions", done, size), regimes, kept=kept
        )
        again = bool(found.problems) and kept.is_doubtful
    return _verified(stored, file, regimes, bar, anew=True) if again else found


def _timeline(
    ledger: Connection, database: Path, kept: Path, bar: Bar, anew: bool
) -> Compared | None:
    from broker.reports.paris.timeline_file import beside
    from broker.verifying.timeline_held import verify_timeline

    return verify_timeline(ledger, beside(database), beside(kept), bar.at, anew=anew)


def _tell(screen: Screen, told: _Told) -> None:
    found, timeline = told.found, told.timeline
    for problem in found.problems:
        screen.line(problem, "red")
    screen.line(
        "Something does not hold." if found.problems else "Everything holds.",
        "red" if found.problems else "green",
    )
    screen.facts(
        [
            ("decisions", found.decisions),
            ("verified before", found.verified_before or None),
            ("messages", found.messages),
            ("statements", found.statements),
            ("root of the log", found.log_root),
            ("archive files", len(found.archives) or None),
            ("decisions in the timeline", timeline.decisions if timeline else None),
            ("of these verified before", timeline.before or None if timeline else None),
            ("problems", len(found.problems)),
        ]
    )
    for each in found.not_at_hand:
        screen.line(f"not played again, because this archive file is not at hand: {each}", "yellow")
    if found.not_at_hand:
        screen.line(
            "All that is in the database was verified. Put the file back, or say where it is with"
            " `broker archive --folder`, and verify again."
        )
    if not told.head:
        screen.line(
            "There is no head beside the database: whether later decisions were acknowledged"
            " cannot be told from here."
        )
    if not told.kept:
        screen.line("Nothing of it is kept: the folder of the database cannot be written.")
    if found.other_rulebook:
        screen.line(
            "Some decisions were made under another version of the rulebook: compared by what"
            " they decided, not byte for byte."
        )
