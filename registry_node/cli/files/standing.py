# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far a job is, for people and programs, and what came of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from itmo.registry.v1 import job_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from registry_node.cli.files.result_file import state_word
from registry_node.cli.session import Session, seconds_for

SHOWN: Final = 20
"""Rows shown on the terminal; all of them stand in the file of results."""
_PAGE: Final = 1_000


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def job_state(job: api.Job | api.ListedJob) -> str:
    """What is done with the rows of a job, in a word."""
    if not job.started:
        return "READING"
    if job.unsent:
        return "STOPPED" if job.stopped else "SENDING"
    return "SENT"


def results_of(session: Session, digest: bytes) -> Iterator[api.JobResult]:
    """Yields what came of each row, a page after the other."""
    after = 0
    while True:
        request = api.ListJobRowsRequest(digest=digest, after_row=after, page_size=_PAGE)
        page = session.call_jobs(
            lambda stub, request=request: stub.ListJobRows(request, timeout=seconds_for(0))  # type: ignore[misc]  # bound now
        ).results
        if not page:
            return
        yield from page
        after = page[-1].row


def told(session: Session, job: api.Job, done: int, path: Path | None) -> Exit:
    """Tells how far a job is, and which rows came to nothing.

    Args:
        session: The run.
        job: The job.
        done: Rows that are as far as was waited for.
        path: Where the results were written, if they were.
    """
    tree = {
        "sent": True,
        "digest": job.digest.hex(),
        "name": job.name,
        "state": job_state(job),
        "rows": job.rows,
        "unsent": job.unsent,
        "queued": job.queued,
        "judged": job.judged,
        "ended": job.ended,
        "failed": job.failed,
        "result": None if path is None else str(path),
    }

    def text(screen: Screen) -> None:
        screen.line(
            f"{_rows(job.rows)}: {job.judged} judged, {job.ended} ended, {job.failed} came to nothing.",
            "red" if job.failed else "green",
        )
        failed = (each for each in results_of(session, job.digest) if each.reason)
        shown = [next(failed, None) for _ in range(SHOWN if job.failed else 0)]
        rows = [(each.row, state_word(each), each.reason) for each in shown if each is not None]
        if rows:
            screen.table(("row", "state", "why"), rows)
        _go_on(screen, job, done)
        if path is not None:
            screen.line(f"{path} has a line for each row.")

    session.show(tree, text)
    stopped = job_state(job) == "STOPPED"
    if done < job.rows and not stopped:
        return Exit.UNREACHABLE
    return Exit.REFUSED if job.failed or stopped else Exit.DONE


def _go_on(screen: Screen, job: api.Job, done: int) -> None:
    """Says what comes next of what has not come yet."""
    match job_state(job):
        case "READING":
            screen.line(f"It was not read to its end: give {job.name} again.", "yellow")
        case "STOPPED":
            screen.line(
                f"It is stopped: nothing of {job.unsent} rows is sent."
                f" `registry-node jobs resume {job.digest.hex()[:12]}` sends them.",
                "yellow",
            )
        case _ if done < job.rows:
            screen.line(
                "The node goes on. Give the same file again to see how far it is.", "yellow"
            )
