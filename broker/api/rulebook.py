# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""RulebookService: what is checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc

from broker.api.peer import admitted_caller
from broker.clearing.house import ClearingHouse
from broker.reports.rules import RuleView, rules
from itmo.clearing.v1 import rulebook_service_pb2 as pb
from itmo.clearing.v1 import rulebook_service_pb2_grpc as pb_grpc
from itmo.core.v1 import decision_pb2

Context = grpc.aio.ServicerContext[Any, Any]


class RulebookServicer(pb_grpc.RulebookServiceServicer):
    """See rulebook_service.proto."""

    def __init__(self, house: ClearingHouse) -> None:
        self._house = house
        regime = house.bench.regimes.first
        self._listed = pb.ListChecksResponse(
            checks=_rendered(),
            rulebook_version=regime.version,
            rulebook_digest=regime.digest,
        )

    async def ListChecks(  # noqa: N802  # gRPC's name
        self,
        request: pb.ListChecksRequest,  # noqa: ARG002  # gRPC's signature
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.ListChecksResponse:
        """Lists the checks; the list is made once."""
        admitted_caller(self._house)
        return self._listed


def _rendered() -> Iterator[pb.Check]:
    for each in rules():
        yield _check(each)


def _check(rule: RuleView) -> pb.Check:
    return pb.Check(
        check_id=rule.id,
        title=rule.title,
        category=rule.category,
        severity=decision_pb2.Severity.Value(f"SEVERITY_{rule.severity or 'UNSPECIFIED'}"),
        phase=pb.CheckPhase.Value(f"CHECK_PHASE_{rule.phase or 'UNSPECIFIED'}"),
        citation=rule.citation,
        effective=rule.effective,
        concerns=rule.concerns,
        remedy=rule.remedy,
        written=rule.written,
    )
