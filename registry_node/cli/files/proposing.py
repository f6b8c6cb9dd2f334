# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`propose --file`: every row is looked at before the first is sent; what was begun goes on."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Final, cast

import click

from itmo.registry.v1 import job_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.progress import Bar
from itmo.runtime.cli.screen import Screen
from registry_node.cli.files.cells import Table
from registry_node.cli.files.result_file import result_path, write_faults, write_results
from registry_node.cli.files.rows import CellFault, RowReader, column_of, columns
from registry_node.cli.files.standing import SHOWN, results_of, told
from registry_node.cli.session import Session, seconds_for
from workbooks.unreadable import Unreadable

_AT_ONCE: Final = 500
"""Rows handed to the node with one call."""
_SHORTEST_PAUSE: Final = 0.2
_ROWS_PER_SECOND_OF_PAUSE: Final = 50_000
"""The node counts the rows whenever it is asked: the more there are, the more seldom."""
_START_SECONDS: Final = 300.0
"""The node compares all rows with each other."""
_HASHED: Final = 1 << 20


def propose_file(
    session: Session,
    file: Path,
    kind: str,
    result: Path | None,
    wait: float | None,
    *,
    until_ended: bool,
) -> Exit:
    """Proposes the rows of a file, each once, and writes what came of them.

    Args:
        session: The run.
        file: The file.
        kind: What rows stand for that do not say it.
        result: Where the results go; None: beside the file.
        wait: Seconds to wait for the clearing-house; None: as long as it takes.
        until_ended: Wait until every transaction has ended, and not until it was judged.
    """
    try:
        table = Table(file)
        digest = _digest(file)
        path = result or result_path(file)
        with Bar() as bar:
            job = session.call_jobs(
                lambda stub: stub.OpenJob(
                    api.OpenJobRequest(digest=digest, name=file.name), timeout=seconds_for(0)
                )
            ).job
            if not job.started and (faults := _loaded(session, table, kind, job, bar)):
                return _told_faults(session, file, path, faults)
            job = _waited(session, digest, wait, bar, until_ended=until_ended)
    except Unreadable as error:
        raise click.BadParameter(error.message, param_hint="--file") from None
    write_results(path, results_of(session, digest), stopped=job.stopped)
    return told(session, job, job.ended if until_ended else job.judged, path)


def _digest(file: Path) -> bytes:
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(_HASHED):
            found.update(piece)
    return found.digest()


# -- taking the rows in ---------------------------------------------------------------------------


def _loaded(session: Session, table: Table, kind: str, job: api.Job, bar: Bar) -> list[CellFault]:
    """Hands all rows in, and has the node begin where nothing is wrong with any."""
    root = cast("click.Group", click.get_current_context().find_root().command)
    unknown = [each for each in table.columns if each and each not in columns(root)]
    faults = [
        CellFault(
            1, each, f"no column is called so; known are {', '.join(sorted(columns(root, kind)))}"
        )
        for each in unknown
    ]
    reader, waiting, read = RowReader(root, kind), list[api.JobRow](), 0
    # What an earlier run found wrong is not kept: then it handed in again from the first row.
    for row in table.rows() if not faults else ():
        read += 1
        bar.at("reading", read, None)
        made = reader.read(row)
        if isinstance(made, list):
            faults += made
        elif row.number > job.last_row:
            waiting.append(api.JobRow(row=row.number, transaction=made))
        if len(waiting) >= _AT_ONCE:
            faults += _handed_in(session, job.digest, waiting)
            waiting = []
    if waiting:
        faults += _handed_in(session, job.digest, waiting)
    if not read and not faults:
        faults.append(CellFault(1, "", "there is no row below the headings"))
    request = api.StartJobRequest(digest=job.digest, drop=bool(faults))
    answer = session.call_jobs(lambda stub: stub.StartJob(request, timeout=_START_SECONDS))
    return sorted([*faults, *map(_fault, answer.faults)], key=lambda each: each.row)


def _handed_in(session: Session, digest: bytes, rows: list[api.JobRow]) -> list[CellFault]:
    request = api.LoadRowsRequest(digest=digest, rows=rows)
    answer = session.call_jobs(lambda stub: stub.LoadRows(request, timeout=seconds_for(0)))
    return [_fault(each) for each in answer.faults]


def _fault(each: api.RowFault) -> CellFault:
    return CellFault(each.row, column_of(each.where), each.found)


# -- waiting, and what came of it -----------------------------------------------------------------


def _waited(
    session: Session, digest: bytes, wait: float | None, bar: Bar, *, until_ended: bool
) -> api.Job:
    request = api.GetJobRequest(digest=digest)
    until = None if wait is None else time.monotonic() + wait
    while True:
        job = session.call_jobs(lambda stub: stub.GetJob(request, timeout=seconds_for(0))).job
        done = job.ended if until_ended else job.judged
        bar.at("ended" if until_ended else "judged", done, job.rows)
        # Of a job that was stopped nothing more comes than of what was sent.
        coming = job.rows - job.unsent if job.stopped else job.rows
        if done >= coming or (until is not None and time.monotonic() >= until):
            return job
        time.sleep(max(_SHORTEST_PAUSE, job.rows / _ROWS_PER_SECOND_OF_PAUSE))


def _told_faults(session: Session, file: Path, path: Path, faults: list[CellFault]) -> Exit:
    write_faults(path, faults)
    listed = [{"row": each.row, "column": each.column, "found": each.found} for each in faults]

    def text(screen: Screen) -> None:
        screen.table(
            ("row", "column", "what is wrong, and what to do"),
            [(each.row, each.column, each.found) for each in faults[:SHOWN]],
        )
        if len(faults) > SHOWN:
            screen.line(f"and {len(faults) - SHOWN} more; all of them stand in {path}")
        screen.line(f"Nothing of {file.name} is sent. Correct it and give it again.", "red")

    session.show({"sent": False, "faults": listed, "result": str(path)}, text)
    return Exit.REFUSED
