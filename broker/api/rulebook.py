# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""RulebookService: what is checked."""

from __future__ import annotations

from functools import partial
from typing import Final

from broker.api.peer import admitted_caller
from broker.clearing.path.house import ClearingHouse
from broker.regime.regimes import Regimes
from broker.rulebook.check import KnownAs, Rule
from broker.store import catalogues
from itmo.clearing.v1 import directory_service_pb2
from itmo.clearing.v1 import rulebook_service_pb2 as pb
from itmo.clearing.v1 import rulebook_service_pb2_grpc as pb_grpc
from itmo.core.v1 import decision_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import Context

_DIGEST_BYTES: Final = 32


class RulebookServicer(pb_grpc.RulebookServiceServicer):
    """See rulebook_service.proto."""

    def __init__(self, house: ClearingHouse) -> None:
        self._house = house
        regimes = house.charter.regimes
        self._listed = pb.ListChecksResponse(
            checks=[_check(rulebook, rule) for rulebook, rule in regimes.listed()],
            rulebooks=rulebooks(regimes),
            known_numbers=[
                _known(each.name, one) for each in regimes for one in each.known_as.values()
            ],
        )

    async def ListChecks(
        self, request: pb.ListChecksRequest, context: Context
    ) -> pb.ListChecksResponse:
        """Lists the checks; the list is made once."""
        admitted_caller(self._house)
        return self._listed

    async def GetCatalogue(
        self, request: pb.GetCatalogueRequest, context: Context
    ) -> pb.GetCatalogueResponse:
        """Hands out a catalogue that verdicts name."""
        admitted_caller(self._house)
        found = await self._house.reader.run(
            partial(catalogues.catalogue, digest=request.rulebook_digest)
        )
        if found is None:
            raise ProtocolError(
                Reason.RULEBOOK_UNKNOWN,
                "no rulebook of this digest was ever in force here",
                where="rulebook_digest",
                found=request.rulebook_digest[:_DIGEST_BYTES].hex(),
                supported=" ".join(each.digest.hex() for each in self._house.charter.regimes),
            )
        return pb.GetCatalogueResponse(catalogue=found)


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
        known_as=rule.code,
        provenance=rule.provenance.value if rule.code else "",
    )


def _known(rulebook: str, number: KnownAs) -> pb.KnownNumber:
    return pb.KnownNumber(
        number=number.number,
        title=number.said,
        rulebook=rulebook,
        carried_out=number.carried_out.words,
        rules=number.rules,
        provenance=number.provenance.value,
        remark=number.remark,
    )
