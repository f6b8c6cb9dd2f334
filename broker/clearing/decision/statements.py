# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's signed answers: verdicts and receipts, built as the exact bytes to be signed.

A verdict states what every check came to. Nearly all proposals come to one of a few lists of
outcomes, so the bytes of a list are kept and put together with the rest: protobuf fields may be
concatenated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from broker.rulebook.check import PASSED_OR_NOT, Finding, Outcome, Rule, Severity
from itmo.core.v1 import decision_pb2, notices_pb2, proposal_pb2
from itmo.identifiers import NetworkId, NodeId
from itmo.lifecycle import State, TerminationCause
from itmo.message.v1 import header_pb2
from itmo.payloads import EVERY_SIDE
from itmo.schema_versions import SCHEMA_VERSION
from itmo.timestamps import timestamp

STATES: Final = {state: decision_pb2.State.Value(f"STATE_{state}") for state in State}
CAUSES: Final = {
    cause: decision_pb2.TerminationCause.Value(f"TERMINATION_CAUSE_{cause}")
    for cause in TerminationCause
}
TYPES: Final = {
    name.removeprefix("TRANSACTION_TYPE_"): number
    for name, number in proposal_pb2.TransactionType.items()
}
_OUTCOMES: Final = {
    outcome: decision_pb2.Outcome.Value(f"OUTCOME_{outcome}") for outcome in Outcome
}
_SEVERITIES: Final = {
    severity: decision_pb2.Severity.Value(f"SEVERITY_{severity}") for severity in Severity
}
NOTICE_OUTCOMES: Final = {
    name.removeprefix("NOTICE_OUTCOME_"): number
    for name, number in notices_pb2.NoticeOutcome.items()
}
_MAX_KEPT_LISTS: Final = 512
"""Distinct lists of outcomes kept; past it the cache starts anew. Each has about 1 KiB."""

_MAX_FOUND: Final = 600
"""Characters of one finding's text: a few sentences."""
_FOUND_BYTES: Final = 600_000
"""Of all findings that one verdict states; each result has its part. With the outcomes of all checks for
each of the most proposals, each check's remedy once (ten thousand bytes for all of them), and all pieces
that one message may cross (less than two kilobytes each), a verdict stays within MAX_STATEMENT_BYTES."""

_RESULTS_TAG: Final = b"\x2a"
"""Field 5 of Verdict, length-delimited; a test compares it with the descriptor."""


class Listed(NamedTuple):
    """What a result states of its checks, serialized, and the checks that did not pass."""

    serialized: bytes
    broken: tuple[Rule, ...]


class Findings:
    """What results state of their checks, serialized.

    A check that passed or does not apply always comes to the very same finding, so a list of such
    is kept by the identities of its members, which the kept list keeps alive.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[int, ...], tuple[tuple[Finding, ...], Listed]] = {}
        self._whole: dict[int, tuple[tuple[Finding, ...], Listed]] = {}
        """Lists by their own identity: transactions that are alike come to the very same one."""

    def listed(self, findings: tuple[Finding, ...], proposals: int, checks: int) -> Listed:
        """The outcomes and findings fields of a TransactionVerdict.

        Args:
            findings: One for each check, in catalogue order; or others, where nothing was judged.
            proposals: Results in its verdict.
            checks: Checks of the catalogue.
        """
        whole = self._whole.get(id(findings))
        if whole is not None:
            return whole[1]
        identities = tuple(map(id, findings))
        kept = self._kept.get(identities)
        if kept is not None:
            return self._keep(findings, kept[1])
        listed = Listed(
            _serialized(findings, _FOUND_BYTES // proposals, judged=len(findings) == checks),
            tuple(each.check for each in findings if each.outcome not in PASSED_OR_NOT),
        )
        if not listed.broken:
            if len(self._kept) >= _MAX_KEPT_LISTS:
                self._kept.clear()
            self._kept[identities] = (findings, listed)
            self._keep(findings, listed)
        return listed

    def _keep(self, findings: tuple[Finding, ...], listed: Listed) -> Listed:
        if len(self._whole) >= _MAX_KEPT_LISTS:
            self._whole.clear()
        self._whole[id(findings)] = (findings, listed)
        return listed


def _serialized(findings: tuple[Finding, ...], room: int, *, judged: bool) -> bytes:
    """Where a result's room for findings ends, the outcomes say alone what else did not pass."""
    stated = []
    for finding in findings:
        if finding.outcome in PASSED_OR_NOT and not finding.found:
            continue
        written = decision_pb2.Finding(
            check_id=finding.check.id,
            outcome=_OUTCOMES[finding.outcome],
            severity=_SEVERITIES[finding.severity],
            conflicting_transaction_id=finding.conflicting_transaction_id,
        )
        room -= written.ByteSize() + _FRAME
        if room < 0:
            break
        written.found = finding.found[: min(_MAX_FOUND, room)]
        room -= len(written.found)
        stated.append(written)
    outcomes = [_OUTCOMES[each.outcome] for each in findings] if judged else ()
    return decision_pb2.TransactionVerdict(findings=stated, outcomes=outcomes).SerializeToString()


_FRAME: Final = 6
"""Tags and lengths of a finding and of its text."""


def header(
    *,
    message_id: str,
    broker_node: NodeId,
    network_id: NetworkId,
    sequence: int,
    previous: bytes,
    now: datetime,
    causation_id: str,
) -> header_pb2.Header:
    """The header of a statement. Statements do not expire."""
    return header_pb2.Header(
        message_id=message_id,
        sender_node=broker_node,
        recipient_node=EVERY_SIDE,
        network_id=network_id,
        sender_sequence=sequence,
        previous_payload_hash=previous,
        creation_time=timestamp(now),
        causation_id=causation_id,
        schema_version=SCHEMA_VERSION,
    )


def verdict(
    *,
    head: header_pb2.Header,
    message_hash: bytes,
    log_index: int,
    rulebook_digest: bytes,
    results: Sequence[bytes],
    broken: Iterable[Rule],
) -> bytes:
    """The bytes of a verdict over serialized results; what to do about broken checks, each once."""
    core = decision_pb2.Verdict(
        header=head,
        message_hash=message_hash,
        log_index=log_index,
        rulebook_digest=rulebook_digest,
        remedies=[
            decision_pb2.Remedy(check_id=name, remedy=remedy)
            for name, remedy in {each.id: each.remedy for each in broken}.items()
        ],
    ).SerializeToString()
    parts = [core]
    for result in results:
        parts.extend((_RESULTS_TAG, _varint(len(result)), result))
    return b"".join(parts)


def verdict_result(
    *,
    transaction_id: str,
    state: State,
    deadline: datetime | None,
    quantity: int,
    marks: tuple[str, ...],
    findings: bytes,
    findings_of: int,
) -> bytes:
    """The bytes of one result of a verdict; findings may stand in an earlier result instead."""
    named = decision_pb2.TransactionVerdict(transaction_id=transaction_id).SerializeToString()
    return named + _outcome(state, deadline, quantity, marks, findings_of) + findings


@lru_cache(_MAX_KEPT_LISTS)
def _outcome(
    state: State,
    deadline: datetime | None,
    quantity: int,
    marks: tuple[str, ...],
    findings_of: int,
) -> bytes:
    """What results of a batch mostly have alike; their fields are behind that of the transaction."""
    return decision_pb2.TransactionVerdict(
        state=STATES[state],
        deadline=timestamp(deadline) if deadline else None,
        quantity=quantity,
        marks=marks,
        findings_of=findings_of,
    ).SerializeToString()


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:  # noqa: PLR2004  # seven bits to a byte
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def sha256(payload: bytes) -> bytes:
    """SHA-256 of a payload, by which statements name each other."""
    return hashlib.sha256(payload).digest()
