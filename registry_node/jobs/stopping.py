# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A job is stopped, and resumed: of its rows those that wait go on unsent; what was sent runs its course."""

from __future__ import annotations

from dataclasses import replace

from itmo.reasons import ProtocolError, Reason
from registry_node.commands.trip import Trip
from registry_node.jobs.loading import forget, job_of
from registry_node.jobs.results import Standing, standing
from registry_node.store.rows import JobState
from registry_node.store.tables import JOBS


def stop(trip: Trip, digest: bytes) -> tuple[Standing, bool]:
    """Has a job send no more rows; stopping twice is stopping once.

    Returns:
        How far it is, and whether it was dropped: of one that has not all its rows nothing was sent.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    job = job_of(trip, digest)
    if job.state is JobState.LOADING:
        before = standing(trip, digest)
        forget(trip, digest)
        return before, True
    JOBS.replace(trip.db, replace(job, state=JobState.STOPPED))
    return standing(trip, digest), False


def resume(trip: Trip, digest: bytes) -> Standing:
    """Has a job send the rest of its rows.

    Raises:
        ProtocolError: NOT_FOUND; PAYLOAD_INVALID where it has not all its rows.
    """
    job = job_of(trip, digest)
    if job.state is JobState.LOADING:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{job.name} was not read to its end: give the file again,"
            " `registry-node propose --file FILE`.",
            where="digest",
        )
    JOBS.replace(trip.db, replace(job, state=JobState.STARTED))
    return standing(trip, digest)
