# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`jobs`: what became of files that were proposed; one is stopped, or goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from itmo.registry.v1 import job_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.session import as_tree
from registry_node.cli import showing
from registry_node.cli.files.result_file import write_results
from registry_node.cli.files.standing import job_state, results_of, told
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)
_DIGITS: Final = 12
"""Of a digest, as lists show it; the beginning is enough wherever a job is named."""
_JOB: Final = click.argument("job", metavar="JOB")


@click.group()
def jobs() -> None:
    """Shows files of transactions that were handed in; stops one, or has it go on.

    JOB is the name of the file, where only one of that name was handed in, or the beginning of its
    digest, as `jobs list` shows it.
    """


@jobs.command("list")
@command
def list_jobs(session: Session) -> None:
    """Lists the files that were handed in, the last first."""
    found = _listed(session)

    def table(screen: Screen) -> None:
        screen.table(
            ("job", "file", "state", "rows", "unsent", "begun"),
            [
                (
                    *(each.digest.hex()[:_DIGITS], each.name, job_state(each)),
                    *(each.rows, each.unsent, showing.time_of(each.create_time)),
                )
                for each in found
            ],
            numbers=("rows", "unsent"),
            empty="no file was handed in yet",
        )

    trees = [_tree(each) for each in found]
    session.show({"jobs": trees}, table)


@jobs.command("show")
@_JOB
@click.option(
    "--result",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write what came of each row into this file; the file that was handed in is not needed.",
)
@command
def show_job(session: Session, job: str, result: Path | None) -> None:
    """Shows how far a file is, and which of its rows came to nothing."""
    request = api.GetJobRequest(digest=_meant(session, job))
    found = session.call_jobs(lambda stub: stub.GetJob(request, timeout=_SECONDS)).job
    if result is not None:
        write_results(result, results_of(session, found.digest), stopped=found.stopped)
    told(session, found, found.judged, result)


@jobs.command("stop")
@_JOB
@command
def stop_job(session: Session, job: str) -> None:
    """Sends no more rows of a file; what was sent runs its course.

    A file that was not read to its end is dropped, as nothing of it was sent.
    """
    request = api.StopJobRequest(digest=_meant(session, job))
    answer = session.call_jobs(lambda stub: stub.StopJob(request, timeout=_SECONDS))
    found = answer.job

    def text(screen: Screen) -> None:
        if answer.dropped:
            screen.line(f"{found.name} is dropped; nothing of it was sent.")
        else:
            screen.line(f"{found.name} is stopped: nothing of {found.unsent} rows is sent.")

    session.show({**_tree(found), "dropped": answer.dropped}, text)


@jobs.command("resume")
@_JOB
@command
def resume_job(session: Session, job: str) -> None:
    """Sends the rest of a file that was stopped."""
    request = api.ResumeJobRequest(digest=_meant(session, job))
    found = session.call_jobs(lambda stub: stub.ResumeJob(request, timeout=_SECONDS)).job
    session.show(
        _tree(found),
        lambda screen: screen.line(f"{found.name} goes on: {found.unsent} rows wait."),
    )


def _listed(session: Session) -> list[api.ListedJob]:
    request = api.ListJobsRequest()
    return list(session.call_jobs(lambda stub: stub.ListJobs(request, timeout=_SECONDS)).jobs)


def _meant(session: Session, job: str) -> bytes:
    """The digest of the job that somebody names.

    Raises:
        BadParameter: None is called so, or several are.
    """
    known = _listed(session)
    named = [each for each in known if each.name == job]
    found = named or [each for each in known if job and each.digest.hex().startswith(job.lower())]
    if len(found) != 1:
        several = ", ".join(each.digest.hex()[:_DIGITS] for each in found)
        what = f"is one of {several}" if found else "is none of `registry-node jobs list`"
        raise click.BadParameter(f"{job!a} {what}", param_hint="JOB")
    return found[0].digest


def _tree(each: api.Job | api.ListedJob) -> dict[str, object]:
    return {**as_tree(each), "digest": each.digest.hex(), "state": job_state(each)}
