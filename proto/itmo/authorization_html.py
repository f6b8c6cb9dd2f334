# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The readable statement of an authorization as one page of HTML, in the style of every page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from itmo import pages
from itmo.authorization_letter import Version, heading, history, rows, signatures
from itmo.pages import text

_CLASSES: Final = {
    "IN_EFFECT": "good",
    "REFUSED": "bad",
    "REVOKED": "bad",
    "DRAFT": "open",
    "SENT": "open",
    "SUPERSEDED": "old",
}
_STYLE: Final = """
.source { display: block; color: var(--soft); font-size: .8rem; font-weight: 400; }
.letter tbody th { width: 30%; }
@media (max-width: 44rem) { .letter tbody th { width: auto; } }
"""


def page(
    version: Version,
    versions: Sequence[Version],
    made: datetime,
    known_up_to: Iterable[pages.Fact] = (),
) -> str:
    """The letter of a version, with the signatures under it and all versions below.

    Args:
        version: The version.
        versions: All of them, oldest first.
        made: When the page is made.
        known_up_to: How far the log went when the versions were read, where that is known.
    """
    return pages.page(
        title=heading(version),
        regime="Paris Agreement, Article 6: statement of authorization",
        head=_head(version, made, known_up_to),
        body="\n".join(
            (
                f'<div class="letter">{_elements(version)}</div>',
                f"<h2>Signatures</h2>\n{_signatures(version)}",
                f"<h2>Versions</h2>\n{_history(versions)}",
            )
        ),
        foot="<p>A version binds the units that were not yet first transferred when it took effect,"
        " unless the terms, fixed beforehand, say otherwise. The signed statement and its receipt are"
        " what counts; this page only shows them.</p>",
        style=_STYLE,
    )


def _head(version: Version, made: datetime, known_up_to: Iterable[pages.Fact]) -> str:
    recorded = "not recorded"
    if version.log_index is not None:
        recorded = f"entry {pages.number(version.log_index)} of the log"
        if version.countersigned_at:
            recorded += f", {text(version.countersigned_at)}"
    known = [("Made", pages.moment(made)), ("Recorded", recorded), *known_up_to]
    state = _CLASSES.get(version.standing, "old")
    return f'<p class="verdict {state}">{text(_worded(version.standing))}</p>\n{pages.facts(known)}'


def _worded(standing: str) -> str:
    return standing.replace("_", " ").capitalize()


def _elements(version: Version) -> str:
    listed = (
        (
            f'{text(row.element.title)}<span class="source">{text(row.element.source)}</span>',
            _lines(row.lines),
        )
        for row in rows(version.statement)
    )
    return pages.table("", ("", ""), listed)


def _lines(lines: Iterable[str]) -> str:
    return "<br>".join(map(text, lines))


def _signatures(version: Version) -> str:
    return pages.facts((text(label), _signed(said)) for label, said in signatures(version))


def _signed(said: str) -> str:
    """Keys and digests are long words; a line may end between their parts."""
    return " ".join(
        pages.digest(word) if len(word) > pages.LONGEST_WORD else text(word)
        for word in said.split(" ")
    )


def _history(versions: Sequence[Version]) -> str:
    listed = (
        (text(number), text(date), text(_worded(standing)), text(difference))
        for number, date, standing, difference in history(versions)
    )
    return pages.table("", ("Version", "Date", "State", "What it changed"), listed)
