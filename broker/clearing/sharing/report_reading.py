# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From signed reports to what they say. Only form is refused here; content is found and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from broker.regime.regimes import Regimes
from broker.rulebook.general.reported import ReportedActionType, ReportedUnits, Step, overlap
from broker.rulebook.general.sharing import CheckRole, ReportFrequency, SharingLevel
from itmo import limits
from itmo.core.v1 import sharing_pb2
from itmo.identifiers import parse_free_text
from itmo.identifiers import parse_registry_id as parse_registry
from itmo.reasons import ProtocolError, Reason
from itmo.serials import MAX_SERIAL
from itmo.timestamps import moment

LEVELS: Final[Mapping[int, SharingLevel]] = {
    sharing_pb2.SharingLevel.Value(f"SHARING_LEVEL_{each}"): each for each in SharingLevel
}
FREQUENCIES: Final[Mapping[int, ReportFrequency]] = {
    sharing_pb2.ReportFrequency.Value(f"REPORT_FREQUENCY_{each}"): each for each in ReportFrequency
}
ROLES: Final[Mapping[int, CheckRole]] = {
    sharing_pb2.CheckRole.Value(f"CHECK_ROLE_{each}"): each for each in CheckRole
}
ACTIONS: Final[Mapping[int, ReportedActionType]] = {
    sharing_pb2.ReportedActionType.Value(f"REPORTED_ACTION_TYPE_{each}"): each
    for each in ReportedActionType
}
_BETWEEN: Final = frozenset({ReportedActionType.ACQUISITION, ReportedActionType.TRANSFER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report says, well formed.

    Attributes:
        times: When each step took effect.
        answers: Finding id and text.
    """

    registry: str
    as_of: datetime
    complete: bool
    holdings: tuple[ReportedUnits, ...]
    steps: tuple[Step, ...]
    times: tuple[datetime, ...]
    answers: tuple[tuple[str, str], ...]


def report(written: sharing_pb2.RegistryReport, regimes: Regimes) -> Report:
    """Reads a report, each row as the rulebook has it that its units are of.

    Raises:
        ProtocolError: PAYLOAD_INVALID, IDENTIFIER_INVALID, SERIAL_RANGE_INVALID or TOO_MANY_BLOCKS.
    """
    count = len(written.holdings) + len(written.actions)
    if count > limits.MAX_REPORT_ROWS:
        raise ProtocolError(
            Reason.TOO_MANY_BLOCKS,
            f"the report has {count} rows; at most {limits.MAX_REPORT_ROWS} are taken; join"
            " neighbouring blocks, or report the actions in several reports",
            found=count,
            limit=limits.MAX_REPORT_ROWS,
        )
    if len(written.answers) > limits.MAX_REPORT_ANSWERS:
        raise _invalid("answers", f"at most {limits.MAX_REPORT_ANSWERS} answers")
    if written.holdings and not written.complete:
        raise _invalid("holdings", "none in a report that is not complete")
    as_of = moment(written.as_of, "as_of")
    times = _times(written.actions, as_of)
    holdings = tuple(
        _units(regimes, written.registry, each, None, f"holdings[{place}]")
        for place, each in enumerate(written.holdings)
    )
    twice = overlap(holdings)
    if twice is not None:
        raise _invalid(
            "holdings", f"every unit once; {twice.registry}:{twice.first} is in two rows"
        )
    steps = tuple(
        _step(regimes, written.registry, each, f"actions[{place}]")
        for place, each in enumerate(written.actions)
    )
    if len({step.action_id for step in steps}) != len(steps):
        raise _invalid("actions", "every action once; two have the same action_id")
    return Report(
        registry=written.registry,
        as_of=as_of,
        complete=written.complete,
        holdings=holdings,
        steps=steps,
        times=times,
        answers=tuple(
            (each.finding_id, parse_free_text(each.text, "answers.text"))
            for each in written.answers
        ),
    )


def _times(written: Sequence[sharing_pb2.ReportedAction], as_of: datetime) -> tuple[datetime, ...]:
    times = tuple(moment(each.time, f"actions[{place}].time") for place, each in enumerate(written))
    if any(later < earlier for earlier, later in pairwise(times)):
        raise _invalid("actions", "actions in the order in which they took effect")
    if times and times[-1] > as_of:
        raise _invalid("actions", "no action after as_of")
    return times


def _step(regimes: Regimes, reporter: str, written: sharing_pb2.ReportedAction, where: str) -> Step:
    kind = ACTIONS.get(written.type)
    if kind is None:
        raise _invalid(f"{where}.type", "a type of action that is defined")
    if not written.action_id:
        raise _invalid(f"{where}.action_id", "an identifier of the action")
    if (kind in _BETWEEN) != bool(written.counterparty) or written.counterparty == reporter:
        raise _invalid(
            f"{where}.counterparty",
            "the other registry of an acquisition or a transfer, else empty",
        )
    if written.counterparty:
        parse_registry(written.counterparty, f"{where}.counterparty")
    return Step(
        action_id=parse_free_text(
            written.action_id, f"{where}.action_id", max_length=limits.MAX_IDENTIFIER
        ),
        type=kind,
        units=_units(regimes, reporter, written, kind, where),
        counterparty=written.counterparty,
    )


def _units(
    regimes: Regimes,
    reporter: str,
    written: sharing_pb2.ReportedHolding | sharing_pb2.ReportedAction,
    kind: ReportedActionType | None,
    where: str,
) -> ReportedUnits:
    block = written.block
    parse_registry(block.registry, f"{where}.block.registry")
    if not 1 <= block.first <= block.last <= MAX_SERIAL:
        raise ProtocolError(
            Reason.SERIAL_RANGE_INVALID,
            f"{where}.block runs from {block.first} to {block.last}; expected 1 <= first <= last <="
            f" {MAX_SERIAL}",
            where=f"{where}.block",
        )
    if block.HasField("quantity") and block.quantity != block.last - block.first + 1:
        raise _invalid(f"{where}.block.quantity", "the number of serials from first to last")
    named = block.attributes.WhichOneof("rulebook")
    # What names no rulebook that is judged here is for the first one to read, or to refuse.
    regime = regimes[named] if named in regimes.names else regimes.first
    said = regime.reported(written, kind, where)
    return ReportedUnits(
        reporter=reporter,
        registry=block.registry,
        first=block.first,
        last=block.last,
        rulebook=regime.name,
        account_type=written.account_type,
        marks=" ".join(sorted(said.marks)),
        listed_under=said.listed_under,
        attributes=said.attributes,
    )


def _invalid(where: str, expected: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID, f"{where}: expected {expected}", where=where, expected=expected
    )
