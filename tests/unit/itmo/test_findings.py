# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a verdict says in short is restored in full, or not at all."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from itmo.core.v1 import decision_pb2 as pb
from itmo.findings import findings_of, read_catalogue
from itmo.reasons import ProtocolError

CHECKS = [
    ("A_ONE", "ERROR", "para 1"),
    ("B_TWO", "WARNING", "para 2"),
    ("C_SIX", "ERROR", "para 3"),
]
CONTENT = json.dumps(
    {
        "version": "x",
        "checks": [{"check_id": n, "severity": s, "citation": c} for n, s, c in CHECKS],
    }
).encode()
CATALOGUE = read_catalogue(CONTENT, sha256(CONTENT).digest())
SAID = pb.Finding(
    check_id="B_TWO", outcome=pb.OUTCOME_FAILED, severity=pb.SEVERITY_ERROR, found="too many"
)
OUTCOMES = [pb.OUTCOME_PASSED, pb.OUTCOME_FAILED, pb.OUTCOME_NOT_APPLICABLE]


def verdict(*results: pb.TransactionVerdict) -> pb.Verdict:
    return pb.Verdict(results=results)


def test_every_check_is_restored_in_its_order_also_from_an_earlier_result() -> None:
    said = verdict(
        pb.TransactionVerdict(outcomes=OUTCOMES, findings=[SAID]),
        pb.TransactionVerdict(findings_of=1),
    )
    for result in said.results:
        full = findings_of(said, result, CATALOGUE)
        assert [(each.check_id, each.outcome) for each in full] == [
            (check[0], outcome) for check, outcome in zip(CHECKS, OUTCOMES, strict=True)
        ]
        assert [each.citation for each in full] == ["para 1", "para 2", "para 3"]
        assert (full[1].severity, full[1].found) == (pb.SEVERITY_ERROR, "too many")
        assert full[0].severity == full[2].severity == pb.SEVERITY_ERROR


def test_where_nothing_was_judged_what_is_stated_is_all() -> None:
    said = verdict(pb.TransactionVerdict(findings=[SAID]))
    assert findings_of(said, said.results[0], CATALOGUE) == (SAID,)


@pytest.mark.parametrize(
    "result",
    [
        pb.TransactionVerdict(outcomes=OUTCOMES[:2]),
        pb.TransactionVerdict(outcomes=[*OUTCOMES, pb.OUTCOME_PASSED]),
        pb.TransactionVerdict(outcomes=[pb.OUTCOME_PASSED] * 3, findings=[SAID]),
        pb.TransactionVerdict(outcomes=OUTCOMES, findings=[SAID, pb.Finding(check_id="D_NEW")]),
    ],
    ids=["too few", "too many", "contradicts itself", "another check"],
)
def test_what_does_not_fit_the_catalogue_proves_nothing(result: pb.TransactionVerdict) -> None:
    said = verdict(result)
    with pytest.raises(ProtocolError, match="do not fit"):
        findings_of(said, said.results[0], CATALOGUE)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"checks":[{"check_id":1}]}', b'{"checks":[{}]}', b"\xff", b"[" * 50_000],
)
def test_what_is_no_catalogue_is_refused(content: bytes) -> None:
    with pytest.raises(ProtocolError, match="chapter 9"):
        read_catalogue(content, sha256(content).digest())


def test_another_catalogue_than_the_one_that_is_named_is_refused() -> None:
    with pytest.raises(ProtocolError, match="SHA-256"):
        read_catalogue(CONTENT, bytes(32))
