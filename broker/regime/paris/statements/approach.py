# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Cooperative approaches: which Parties take part, and in what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from broker.regime.fields import known, listed, text
from broker.regime.paris import stated_keys
from broker.regime.paris.reading import METRICS
from broker.regime.regime import Needs
from broker.regime.statement import Books, Statement
from broker.rulebook.paris.approaches import ApproachFacts
from broker.rulebook.paris.attributes import Metric
from broker.rulebook.paris.authorization import AuthorizationTiming
from itmo.identifiers import (
    CooperativeApproachId,
    parse_cooperative_approach_id,
    parse_party_code,
)
from itmo.paris.v1 import approaches_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason

TIMINGS: Final[Mapping[int, AuthorizationTiming]] = {
    approaches_pb2.AUTHORIZATION_TIMING_UNSPECIFIED: AuthorizationTiming.ANY_TIME,
    **{
        approaches_pb2.AuthorizationTiming.Value(f"AUTHORIZATION_TIMING_{timing}"): timing
        for timing in AuthorizationTiming
    },
}


def approach(written: approaches_pb2.CooperativeApproachStatement) -> ApproachFacts:
    """Reads what is stated of a cooperative approach.

    Raises:
        ProtocolError: PAYLOAD_INVALID or IDENTIFIER_INVALID.
    """
    for name in ("parties", "sectors", "activity_types", "evidence_hashes"):
        listed(len(getattr(written, name)), name)
    text(written.title, "title")
    metric = known(METRICS, written.metric, "metric")
    if metric is None or (metric is Metric.NON_GHG) != bool(written.non_ghg_metric):
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "metric must be GHG, or NON_GHG with the name of the metric",
            where="metric",
        )
    if any(len(evidence) != 32 for evidence in written.evidence_hashes):  # noqa: PLR2004  # SHA-256
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, "evidence_hashes holds SHA-256 hashes", where="evidence_hashes"
        )
    return ApproachFacts(
        cooperative_approach=CooperativeApproachId(
            parse_cooperative_approach_id(written.cooperative_approach, "cooperative_approach")
        ),
        parties=frozenset(parse_party_code(p, "parties") for p in written.parties),
        sectors=frozenset(text(s, "sectors") for s in written.sectors),
        activity_types=frozenset(text(a, "activity_types") for a in written.activity_types),
        metric=metric,
        non_ghg_metric=text(written.non_ghg_metric, "non_ghg_metric"),
        evidence_count=len(set(written.evidence_hashes)),
        authorization_timing=known(TIMINGS, written.authorization_timing, "authorization_timing"),
    )


def read(payload: bytes) -> ApproachFacts:
    """What a recorded statement says."""
    return approach(approaches_pb2.CooperativeApproachStatement.FromString(payload))


def _needs(_: approaches_pb2.CooperativeApproachStatement) -> Needs:
    return Needs()


def _take(books: Books, written: approaches_pb2.CooperativeApproachStatement) -> None:
    """Takes in a cooperative approach, new or changed.

    Raises:
        ProtocolError: malformed.
    """
    stated = approach(written)
    books.state(stated_keys.approach(stated.cooperative_approach), stated)


STATEMENT: Final = Statement(
    PayloadKind.COOPERATIVE_APPROACH_STATEMENT,
    by_operator=True,
    by_node=False,
    needs=_needs,
    take=_take,
)
