# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AEFs drawn from the ledger, with what the ledger knows to check them, as they travel to a node.

One JSON value, compressed by zlib; deploy/docs/aef.md describes it. It is written in turns, so that whoever does
it has time for others in between, and stops where it becomes too much.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any, Final

from aef.checks.casefile import Context
from aef.checks.cooperative_approaches import Approach
from aef.checks.summaries import StructuredSummary
from aef.json_reading import from_json
from aef.json_writing import row_to_json, to_json
from aef.layout import LISTED
from aef.model import Submission
from itmo import limits
from itmo.forms import as_json
from itmo.reasons import ProtocolError, Reason

FORM: Final = "drawn-aefs"
"""Value of `form`, by which the value says what it is."""
VERSION: Final = 1
_LEVEL: Final = 1
"""Of compression: tables shrink fifteen times already at the fastest."""
_TOGETHER: Final = 500
"""Rows of a piece."""
_IN_A_TURN: Final = 8
"""Pieces of a turn: about a tenth of a second of one core of 2023."""


def ledger_source(party: str, year: int | None) -> str:
    """Where a submission that was drawn comes from, for people."""
    return f"ledger: {party} {year}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """AEFs, and what is known to check them."""

    submissions: tuple[Submission, ...]
    context: Context


class Writing:
    """AEFs as they are written for their way, in turns between which others are answered."""

    def __init__(self, drawn: Drawn) -> None:
        """Nothing is written yet."""
        self._pieces = _pieces(drawn)
        self._packing = zlib.compressobj(_LEVEL)
        self._parts: list[bytes] = []
        self._size = 0

    def write_on(self) -> bool:
        """Writes one turn; True once all is written.

        Raises:
            ProtocolError: QUESTION_TOO_DEAR, where they are larger than an answer.
        """
        some = list(islice(self._pieces, _IN_A_TURN))
        self._add(self._packing.compress("".join(some).encode("utf-8")))
        if len(some) == _IN_A_TURN:
            return False
        self._add(self._packing.flush())
        return True

    @property
    def written(self) -> bytes:
        """What was written until now."""
        return b"".join(self._parts)

    def _add(self, part: bytes) -> None:
        self._parts.append(part)
        self._size += len(part)
        if self._size > limits.MAX_DRAWN_BYTES:
            raise ProtocolError(
                Reason.QUESTION_TOO_DEAR,
                f"the AEFs take more than {limits.MAX_DRAWN_BYTES} bytes; ask for one year, or the"
                " clearing-house's operator for the file",
                limit=limits.MAX_DRAWN_BYTES,
            )


def _pieces(drawn: Drawn) -> Iterator[str]:
    context = drawn.context
    known: dict[str, Any] = {
        "approaches": as_json(list(context.approaches.values())),
        "first_reports": as_json(sorted(context.first_reports)),
        "summaries": [[list(key), asdict(each)] for key, each in context.summaries.items()],
    }
    yield f'{{"form": "{FORM}", "version": {VERSION}, "known": {json.dumps(known)}, "aefs": ['
    for place, submission in enumerate(drawn.submissions):
        yield ", " if place else ""
        yield from _submission(submission)
    yield "]}"


def _submission(submission: Submission) -> Iterator[str]:
    """A submission as the JSON form has it, its tables in pieces."""
    bare = replace(submission, authorizations=(), actions=(), holdings=(), entities=())
    yield json.dumps({name: each for name, each in to_json(bare).items() if each != []})[:-1]
    for table in LISTED:
        yield f', "{table.key}": ['
        rows: Sequence[Any] = getattr(submission, table.key)
        for start in range(0, len(rows), _TOGETHER):
            part = [row_to_json(table, row) for row in rows[start : start + _TOGETHER]]
            yield (", " if start else "") + json.dumps(part)[1:-1]
        yield "]"
    yield "}"


def read_drawn(packed: bytes, party: str) -> Drawn:
    """Reads what came of a broker: AEFs of a Party.

    Raises:
        ProtocolError: PAYLOAD_INVALID, where it is not what was asked for.
    """
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(packed, limits.MAX_UNFOLDED_BYTES)
        if not unpacking.eof:
            raise _unfit("it is cut off, or unfolds to more than is taken in")
        tree = json.loads(text)
        if (tree["form"], tree["version"]) != (FORM, VERSION):
            raise _unfit(f"form {tree['form']!a}, version {tree['version']!a} is not known here")
        known = tree["known"]
        context = Context(
            approaches={
                each["id"]: Approach(**{**each, "parties": frozenset(each["parties"])})
                for each in known["approaches"]
            },
            first_reports=frozenset((each, year) for each, year in known["first_reports"]),
            summaries={tuple(key): StructuredSummary(**each) for key, each in known["summaries"]},
        )
        submissions = tuple(_read(each, party) for each in tree["aefs"])
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unfit(f"it cannot be read ({type(error).__name__})") from error
    return Drawn(submissions, context)


def _read(tree: object, party: str) -> Submission:
    read = from_json(tree, FORM).submission
    heading = read.heading
    if heading.party != party:
        raise _unfit(f"it holds an AEF of {heading.party!a}, and {party} was asked for")
    source = ledger_source(heading.party, heading.reported_year)
    return replace(read, source=source, from_ledger=True)


def _unfit(found: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID,
        f"the clearing-house's answer is no use: {found}; node and broker may be of different"
        " versions",
        where="drawn",
    )
