# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""All checks over a case file: findings, the state of every check for every submission."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from aef.checks.casefile import CaseFile
from aef.checks.catalogue import CHECKS
from aef.checks.filed import Filed
from aef.checks.inquiry import Inquiry
from aef.checks.series import OverlapIndex, series_of
from aef.checks.states import ConsistencyCheck, Note, Reference, State
from aef.checks.unread import Spot, Unread, spot_of
from aef.checks.wording import cell, ids
from aef.model import ActionRow

ROWS_NAMED: Final = 5
"""Rows named of those with one and the same finding; the others are counted."""
_CHANGES_TOLD: Final = 20
"""Changes of authorizations between two versions that are listed."""


@dataclass(slots=True)
class Finding:
    """A note of a check and what to do; equal ones over many rows are one finding."""

    check: ConsistencyCheck
    note: Note
    remedy: str
    rows: int = 1
    also: list[Reference] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseding:
    """A submission whose place a newer version took.

    Attributes:
        reopened: Submissions of other Parties whose checks have to be done again, and were done
            again here, with the newer version.
        changes: Authorization ids that the newer version gives to the same units.
    """

    old: Filed
    new: Filed
    reopened: tuple[Filed, ...]
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the checks came to."""

    file: CaseFile
    findings: tuple[Finding, ...]
    states: dict[Filed, dict[str, State]]
    superseded: tuple[Superseding, ...]

    def overall(self, filed: Filed) -> State:
        """A submission's state: the worst of its checks."""
        return worst(self.states[filed].values())

    @property
    def consistent(self) -> bool:
        """True when every current submission is consistent in every check."""
        return all(self.overall(each) is State.CONSISTENT for each in self.file.current)


_ORDER: Final = (State.INCONSISTENT, State.UNDETERMINED, State.SUPERSEDED, State.CONSISTENT)


def worst(states: Iterable[State]) -> State:
    """The state that counts among several."""
    return min(states, key=_ORDER.index, default=State.CONSISTENT)


def judge(
    file: CaseFile,
    checks: tuple[ConsistencyCheck, ...] = CHECKS,
    progress: Callable[[str], None] = lambda _: None,
) -> Judgement:
    """Runs the checks.

    Args:
        file: The submissions.
        checks: Those to be run.
        progress: Is told the id of each check before it runs.
    """
    inquiry = Inquiry(file)
    findings: list[Finding] = []
    states = {
        each: dict.fromkeys(
            (check.id for check in checks),
            State.SUPERSEDED if each in file.superseded else State.CONSISTENT,
        )
        for each in file.filed
    }
    unread = Unread(file)
    for check in checks:
        progress(check.id)
        for finding in _gathered(check, _noted(check, inquiry, unread), file):
            findings.append(finding)
            for each in finding.note.about:
                states[each][check.id] = worst((states[each][check.id], finding.note.state))
    return Judgement(
        file=file,
        findings=tuple(findings),
        states=states,
        superseded=tuple(_superseding(file, old, new) for old, new in file.superseded.items()),
    )


def _noted(check: ConsistencyCheck, inquiry: Inquiry, unread: Unread) -> Iterator[Note]:
    told = set[Spot]()
    for each in check.run(inquiry):
        note = unread.tempered(check.id, each)
        if note.state is State.UNDETERMINED and note.here.place.row:
            told.add(spot_of(note.here))
        yield note
    yield from unread.notes(check.id, told)


def _remedy(check: ConsistencyCheck, note: Note, file: CaseFile) -> str:
    if note.remedy:
        return note.remedy
    if not note.missing:
        return check.remedy
    of_an_aef = file.is_report(note.missing) or note.here.place.sheet
    if check.if_not_given and not of_an_aef:
        return check.if_not_given
    return file.remedy_for(note.missing)


def _gathered(check: ConsistencyCheck, notes: Iterable[Note], file: CaseFile) -> list[Finding]:
    found: dict[tuple[object, ...], Finding] = {}
    for each in notes:
        note = replace(each, owner=file.owner_of(each.missing) or each.owner)
        # What a missing report leaves open is one finding, however many rows wait for it.
        said = (note.missing,) if note.missing else (note.found, note.expected, note.there)
        key = (note.state, note.about, note.owner, *said)
        finding = Finding(check, note, _remedy(check, note, file))
        first = found.setdefault(key, finding)
        if first is finding or first.note.here == note.here:
            continue
        first.rows += 1
        told = note.here
        if note.found and not first.note.found:
            # What hangs on a missing report says more than that it is missing.
            told, first.note = first.note.here, note
        if len(first.also) < ROWS_NAMED - 1:
            first.also.append(told)
    return sorted(
        found.values(),
        key=lambda each: (
            _ORDER.index(each.note.state), each.note.here.filed.party, each.note.here.filed.number,
        ),
    )  # fmt: skip


def _superseding(file: CaseFile, old: Filed, new: Filed) -> Superseding:
    named = _others_named(old) | _others_named(new)
    reopened = [
        each
        for each in file.current
        if each.party != new.party and (each.party in named or new.party in _others_named(each))
    ]
    changes = tuple(islice(dict.fromkeys(_changed_authorizations(old, new)), _CHANGES_TOLD))
    return Superseding(old=old, new=new, reopened=tuple(reopened), changes=changes)


def _changed_authorizations(old: Filed, new: Filed) -> Iterator[str]:
    before: dict[str, list[tuple[int, int, ActionRow]]] = defaultdict(list)
    for row in old.submission.actions:
        if (series := series_of(row)) and row.span is not None:
            before[series].append((row.span.first, row.span.last, row))
    indexes = {series: OverlapIndex(rows) for series, rows in before.items()}
    for row in new.submission.actions:
        index = indexes.get(series_of(row))
        if index is None or row.span is None:
            continue
        other = next(index.overlapping(row.span.first, row.span.last), None)
        if other is not None and other.authorization_id != row.authorization_id:
            yield (
                f"{ids(row)}: authorization {cell(other.authorization_id)} became"
                f" {cell(row.authorization_id)}"
            )


def _others_named(filed: Filed) -> set[str]:
    named = set[str]()
    for row in (*filed.submission.actions, *filed.submission.holdings):
        named.add(row.first_transferring_party)
        if isinstance(row, ActionRow):
            named.update((row.acquiring_party, row.transferring_party))
    return named - {filed.party, ""}
