# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Text of foreign files: made harmless on the way in, made comparable for headings and lists."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_WIDE: Final = frozenset(map(chr, range(0xFF01, 0xFF5F)))
_WIDE_OFFSET: Final = 0xFEE0
_HYPHENS: Final = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63")
_ERRORS: Final = re.compile(
    r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|GETTING_DATA)|Err:[0-9]{3}"
)
_NOT_APPLICABLE: Final = frozenset(
    {"na", "n/a", "n.a.", "n.a", "not applicable", "not applicable (na)", "-", "--", "\u2013"}
    | {"\u2014", "n/a.", "n / a", "none", "nil", "not relevant", "no aplica", "ninguno", "ninguna"}
    | {"n a", "/", "s/o", "(blank)", "sans objet", "s.o.", "aucun", "aucune", "n\u00e9ant"}
)
_NOTHING: Final = re.compile(
    r"(?:no|none|nil|nothing|not|zero|sin|ning[u\u00fa]n[oa]?|aucune?|pas de|n\u00e9ant|n/?a)\b|0(?:[.,]0+)?$"
    r"|there (?:was|were|is|are|has been|have been) (?:no|nothing|none)\b|il n['\u2019]y a\b.*\bpas\b"
    r"|(?:en|in|during|for|pour|durante) .{0,30}\b(?:no|none|nothing|aucune?)\b",
    re.IGNORECASE,
)
_PENDING: Final = re.compile(
    r"[?.\u2026_ x-]+|tb[acd]\.?|n/k|pending|unknown|not (?:yet )?(?:known|assigned|available|decided|defined)"
    r"(?: yet)?|to be (?:determined|confirmed|assigned|announced|decided|defined|advised|issued)"
    r"|por (?:determinar|definir|confirmar)|pendiente|a (?:determiner|confirmer|definir)|en cours",
    re.IGNORECASE,
)
"""What stands where a value is not known yet."""
_LONGEST_SIGN: Final = max(map(len, _NOT_APPLICABLE))
_MARKS: Final = re.compile(
    r"[\u00b9\u00b2\u00b3\u2070-\u2079*\u2020\u2021]+|(?<=[a-z)])\d+$|\s*\([a-d]\)$"
)
_NOT_WORD: Final = re.compile(r"[^a-z0-9/]+")


def plain_form(text: str, *, is_id: bool) -> str:
    """Returns a text with plain characters where others look or count like them.

    Args:
        text: The text.
        is_id: Whether it is a code or id, in which spaces and hyphens are of one kind.
    """
    if text.isascii():
        return text
    return "".join(_plain_character(one, is_id=is_id) for one in text)


def _plain_character(one: str, *, is_id: bool) -> str:
    if one in _WIDE:
        return chr(ord(one) - _WIDE_OFFSET)
    if (digit := unicodedata.decimal(one, None)) is not None:
        return str(digit)
    if is_id and (one.isspace() and one != "\n"):
        return " "
    return "-" if is_id and one in _HYPHENS else one


def says_nothing(text: str) -> bool:
    """Says whether a cleaned text says that there is nothing, such as "No actions in this year"."""
    return not_applicable(text) or _NOTHING.match(text) is not None


def says_pending(text: str) -> bool:
    """Says whether a cleaned text says that the value is not known yet; an empty one says nothing."""
    plain = text.replace("\u00e0", "a").replace("\u00e9", "e")
    return text != "" and _PENDING.fullmatch(plain) is not None


def is_cell_error(text: str) -> bool:
    """Says whether a text is what a spreadsheet shows in place of a value."""
    return text[:1] in {"#", "E"} and _ERRORS.fullmatch(text) is not None


def not_applicable(text: str) -> bool:
    """Says whether a cleaned text means that the field does not apply."""
    if len(text) > _LONGEST_SIGN + len("(*)"):
        return False
    return text.casefold() in _NOT_APPLICABLE or text.strip("()[]* ").casefold() in _NOT_APPLICABLE


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Returns a heading or a value of a list in the form in which it is compared.

    Case, space, line breaks, punctuation and footnote marks do not count. A subscript two is a two;
    a superscript is a footnote mark.
    """
    low = _MARKS.sub("", text.strip().casefold())
    low = unicodedata.normalize("NFKC", low)
    return _NOT_WORD.sub(" ", low).strip()
