# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""JobService: many transactions out of one file, and many acceptances at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, TypeAlias

import grpc

from itmo.clock import from_ms
from itmo.core.v1 import decision_pb2
from itmo.registry.v1 import job_service_pb2 as api
from itmo.registry.v1 import job_service_pb2_grpc
from itmo.timestamps import timestamp
from registry_node.commands.accepting import accept_some
from registry_node.jobs import loading, results, stopping
from registry_node.jobs.loading import Fault, Row
from registry_node.service import RegistryNode
from registry_node.store.rows import JobState

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class JobServicer(job_service_pb2_grpc.JobServiceServicer):
    """JobService over one node."""

    def __init__(self, node: RegistryNode) -> None:
        self._work = node.work

    async def OpenJob(self, request: api.OpenJobRequest, context: Context) -> api.OpenJobResponse:
        """Begins the job of a file, or finds it."""
        opened = partial(loading.open_job, digest=request.digest, name=request.name)
        await self._work.run(opened)
        return api.OpenJobResponse(job=await self._standing(request.digest))

    async def LoadRows(
        self, request: api.LoadRowsRequest, context: Context
    ) -> api.LoadRowsResponse:
        """Takes in rows."""
        rows = [Row(each.row, each.transaction) for each in request.rows]
        faults = await self._work.run(partial(loading.load, digest=request.digest, rows=rows))
        return api.LoadRowsResponse(faults=_faults(faults))

    async def StartJob(
        self, request: api.StartJobRequest, context: Context
    ) -> api.StartJobResponse:
        """Starts or drops a job."""
        started = partial(loading.start, digest=request.digest, drop=request.drop)
        return api.StartJobResponse(faults=_faults(await self._work.run(started)))

    async def GetJob(self, request: api.GetJobRequest, context: Context) -> api.GetJobResponse:
        """Shows how far a job is."""
        return api.GetJobResponse(job=await self._standing(request.digest))

    async def ListJobRows(
        self, request: api.ListJobRowsRequest, context: Context
    ) -> api.ListJobRowsResponse:
        """Lists results."""
        asked = partial(
            results.results,
            digest=request.digest,
            after=request.after_row,
            most=request.page_size,
        )
        found = await self._work.read(asked)
        return api.ListJobRowsResponse(results=map(_result, found))

    async def ListJobs(
        self, request: api.ListJobsRequest, context: Context
    ) -> api.ListJobsResponse:
        """Lists jobs."""
        found = await self._work.read(partial(results.listed, most=request.page_size))
        return api.ListJobsResponse(jobs=map(_listed, found))

    async def StopJob(self, request: api.StopJobRequest, context: Context) -> api.StopJobResponse:
        """Stops or drops a job."""
        stop = partial(stopping.stop, digest=request.digest)
        found, dropped = await self._work.run(stop)
        return api.StopJobResponse(job=_job(found), dropped=dropped)

    async def ResumeJob(
        self, request: api.ResumeJobRequest, context: Context
    ) -> api.ResumeJobResponse:
        """Resumes a job."""
        resume = partial(stopping.resume, digest=request.digest)
        return api.ResumeJobResponse(job=_job(await self._work.run(resume)))

    async def AcceptAll(
        self, request: api.AcceptAllRequest, context: Context
    ) -> api.AcceptAllResponse:
        """Accepts transfers that wait here."""
        asked = partial(accept_some, giver=request.giver, up_to=request.up_to)
        accepted, up_to = await self._work.run(asked)
        return api.AcceptAllResponse(accepted=accepted, up_to=up_to)

    async def _standing(self, digest: bytes) -> api.Job:
        return _job(await self._work.read(partial(results.standing, digest=digest)))


def _job(found: results.Standing) -> api.Job:
    return api.Job(
        digest=found.job.digest,
        name=found.job.name,
        started=found.job.state is not JobState.LOADING,
        stopped=found.job.state is JobState.STOPPED,
        rows=found.rows,
        last_row=found.last_row,
        queued=found.queued,
        judged=found.judged,
        ended=found.ended,
        failed=found.failed,
        unsent=found.unsent,
        create_time=timestamp(from_ms(found.job.created_at)),
    )


def _listed(found: results.Listed) -> api.ListedJob:
    return api.ListedJob(
        digest=found.job.digest,
        name=found.job.name,
        started=found.job.state is not JobState.LOADING,
        stopped=found.job.state is JobState.STOPPED,
        rows=found.rows,
        unsent=found.unsent,
        create_time=timestamp(from_ms(found.job.created_at)),
    )


def _faults(found: Iterable[Fault]) -> list[api.RowFault]:
    return [api.RowFault(row=each.row, where=each.where, found=each.found) for each in found]


def _result(found: results.Result) -> api.JobResult:
    state = decision_pb2.STATE_UNSPECIFIED
    if found.state is not None:
        state = decision_pb2.State.Value(f"STATE_{found.state}")
    return api.JobResult(
        row=found.row,
        transaction_id=found.transaction_id,
        state=state,
        refused=found.refused,
        reason=found.reason,
        remedy=found.remedy,
    )


def add_to_server(servicer: JobServicer, server: grpc.aio.Server) -> None:
    """Registers the service."""
    job_service_pb2_grpc.add_JobServiceServicer_to_server(servicer, server)
