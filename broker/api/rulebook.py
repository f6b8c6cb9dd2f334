# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""RulebookService: what is checked."""

from __future__ import annotations

from broker.api.peer import admitted_caller
from broker.clearing.path.house import ClearingHouse
from broker.regime.regimes import Regimes
from broker.rulebook.check import Rule
from itmo.clearing.v1 import directory_service_pb2
from itmo.clearing.v1 import rulebook_service_pb2 as pb
from itmo.clearing.v1 import rulebook_service_pb2_grpc as pb_grpc
from itmo.core.v1 import decision_pb2
from itmo.runtime.rpc.callers import Context


class RulebookServicer(pb_grpc.RulebookServiceServicer):
    """See rulebook_service.proto."""

    def __init__(self, house: ClearingHouse) -> None:
        self._house = house
        regimes = house.charter.regimes
        self._listed = pb.ListChecksResponse(
            checks=[_check(rulebook, rule) for rulebook, rule in regimes.listed()],
            rulebooks=rulebooks(regimes),
        )

    async def ListChecks(
        self, request: pb.ListChecksRequest, context: Context
    ) -> pb.ListChecksResponse:
        """Lists the checks; the list is made once."""
        admitted_caller(self._house)
        return self._listed


def rulebooks(regimes: Regimes) -> list[directory_service_pb2.Rulebook]:
    """Returns the rulebooks in force, with version and digest."""
    return [
        directory_service_pb2.Rulebook(name=each.name, version=each.version, digest=each.digest)
        for each in regimes
    ]


def _check(rulebook: str, rule: Rule) -> pb.Check:
    return pb.Check(
        rulebook=rulebook,
        check_id=rule.id,
        title=rule.title,
        category=rule.category.value,
        severity=decision_pb2.Severity.Value(f"SEVERITY_{rule.severity}"),
        phase=pb.CheckPhase.Value(f"CHECK_PHASE_{rule.phase}"),
        citation=rule.citation,
        effective=rule.effective.isoformat(),
        concerns=rule.scope,
        remedy=rule.remedy,
        kept_by=rule.kept_by,
    )
