# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The findings of a verdict: as it states them, and in full by the catalogue of its rulebook.

A verdict states what every check came to in the order of the catalogue, and says more only of checks
of which there is more to say. What it names the catalogue by is the SHA-256 of the catalogue's bytes, so
that whoever has these needs nobody's word for the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from itmo.core.v1 import decision_pb2
from itmo.reasons import ProtocolError, Reason

_SEVERITIES: Final = {
    name.removeprefix("SEVERITY_"): number for name, number in decision_pb2.Severity.items()
}


def read_catalogue(content: bytes, digest: bytes) -> tuple[decision_pb2.Finding, ...]:
    """Reads a catalogue: each check in its order, with severity and citation, without an outcome.

    Raises:
        ProtocolError: PAYLOAD_INVALID, where it is not the one of this digest, or is none.
    """
    if hashlib.sha256(content).digest() != digest:
        raise _invalid("its SHA-256 is not the digest that the verdict states")
    try:
        described: Any = json.loads(content)
        return tuple(
            decision_pb2.Finding(
                check_id=each["check_id"],
                severity=_SEVERITIES[each["severity"]],
                citation=each["citation"],
            )
            for each in described["checks"]
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _invalid("it is not written as chapter 9 says") from error


def stated_of(
    verdict: decision_pb2.Verdict, result: decision_pb2.TransactionVerdict
) -> decision_pb2.TransactionVerdict:
    """The result in which outcomes and findings of a result stand: itself, or an earlier one."""
    if 1 <= result.findings_of <= len(verdict.results):
        return verdict.results[result.findings_of - 1]
    return result


def begun_in(result: decision_pb2.TransactionVerdict) -> tuple[decision_pb2.Verdict, ...]:
    """What the other rulebook of a transition says, as a verdict of its own; none of other results."""
    if not result.HasField("transition"):
        return ()
    other = result.transition
    said = decision_pb2.TransactionVerdict(
        findings=other.findings, outcomes=other.outcomes, units=other.units
    )
    return (decision_pb2.Verdict(rulebook_digest=other.rulebook_digest, results=[said]),)


def findings_of(
    verdict: decision_pb2.Verdict,
    result: decision_pb2.TransactionVerdict,
    catalogue: Sequence[decision_pb2.Finding],
) -> tuple[decision_pb2.Finding, ...]:
    """Every check with its outcome, in catalogue order; where nothing was judged, what is stated.

    Args:
        verdict: The verdict.
        result: One of its results.
        catalogue: What `read_catalogue` made of the catalogue that the verdict names.

    Raises:
        ProtocolError: PAYLOAD_INVALID, where the result does not fit the catalogue.
    """
    stated = stated_of(verdict, result)
    if not stated.outcomes:
        return tuple(stated.findings)
    if len(stated.outcomes) != len(catalogue):
        raise _invalid(
            f"it has {len(catalogue)} checks, {len(stated.outcomes)} outcomes are stated"
        )
    said = {each.check_id: each for each in stated.findings}
    full = []
    for check, outcome in zip(catalogue, stated.outcomes, strict=True):
        finding = decision_pb2.Finding()
        finding.CopyFrom(check)
        finding.MergeFrom(said.pop(check.check_id, _NOTHING))
        if finding.outcome not in (decision_pb2.OUTCOME_UNSPECIFIED, outcome):
            raise _invalid(f"{check.check_id} has two outcomes")
        finding.outcome = outcome
        full.append(finding)
    if said:
        raise _invalid(f"it has no check {min(said)}")
    return tuple(full)


_NOTHING: Final = decision_pb2.Finding()


def _invalid(found: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID,
        f"the verdict and this catalogue do not fit: {found}",
        where="catalogue",
    )
