# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads values of pick-lists, purposes and lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from aef.model import ActionSubtype, ActionType
from aef.months import FOOTNOTE_MARKS
from aef.parsed import Parsed
from aef.syntax_codes import Code
from aef.texts import folded
from itmo import nomenclature

OIMP: Final = frozenset({"IMP", "OP"})
"""Other international mitigation purposes: international mitigation, and other ones."""

_PURPOSE_OF_WORD: Final = {
    "NDC": frozenset({"NDC"}),
    "OIMP": OIMP,
    "IMP": frozenset({"IMP"}),
    "OP": frozenset({"OP"}),
}
_PURPOSE_OF_PHRASE: Final = (
    (re.compile(r"nationally determined contributions?|\bNDCs\b", re.IGNORECASE), "NDC"),
    (re.compile(r"other international mitigation purposes?|\bOIMPs\b", re.IGNORECASE), "OIMP"),
    (re.compile(r"international mitigation purposes?|\bCORSIA\b", re.IGNORECASE), "IMP"),
    (re.compile(r"other purposes?", re.IGNORECASE), "OP"),
    (re.compile(r"\b(?:both|for|towards?|use|used|achievement|of|the|an?)\b", re.IGNORECASE), ""),
)
"""Purposes in words, longer ones first; CORSIA is the known international mitigation purpose."""
_WORD: Final = re.compile(r"[^\s,;/+&.()]+")
_JOINERS: Final = frozenset({"and", "or", "&", "+"})
_LIST: Final = re.compile(r"\s*[;\n]\s*")
_COMMAS: Final = re.compile(r"\s*[;,\n]\s*")
_NEAR: Final = 0.88
"""How alike two values are that differ by a slip of the hand: one letter in eight."""
_RELATED: Final = 0.4
"""How alike a value of a long list must be to be named among the permitted ones."""
_LISTED_WHOLE: Final = 12
"""Values of a list that a finding names all."""
_LONGEST_CHOICE: Final = 100
"""Characters of a value that are compared with the list; the longest of it has half as many."""


def purposes_text(purposes: Iterable[str]) -> str:
    """Returns the value of the pick-list for a set of purposes; empty for none."""
    found = frozenset(purposes)
    rest = found - {"NDC"}
    other = "OIMP" if rest == OIMP else "".join(sorted(rest))
    return " and ".join(part for part in ("NDC" if "NDC" in found else "", other) if part)


def read_purposes(text: str) -> Parsed[frozenset[str]]:
    """Reads purposes of an authorization; OIMP is IMP and OP (2/CMA.3 annex para 1(f))."""
    found: set[str] = set()
    unknown = False
    short = text.strip(FOOTNOTE_MARKS)
    for phrase, meant_by_it in _PURPOSE_OF_PHRASE:
        short = phrase.sub(f" {meant_by_it} ", short)
    for word in _WORD.findall(short):
        if word.casefold() in _JOINERS:
            continue
        meant = _PURPOSE_OF_WORD.get(word.upper())
        unknown = unknown or meant is None
        found |= meant or frozenset()
    if unknown or not found:
        # What was left out could be the very purpose that an action is for.
        return Parsed(frozenset(), (Code.PURPOSE_UNKNOWN,), usable=False)
    codes: tuple[Code, ...] = ()
    if text not in nomenclature.PURPOSES:
        codes = (Code.PURPOSE_FORM,)
    return Parsed(frozenset(found), codes)


def _choices(values: Iterable[str]) -> dict[str, str]:
    return {folded(value): value for value in values}


METRICS: Final = _choices(nomenclature.METRICS)
MITIGATION: Final = _choices(nomenclature.MITIGATION_TYPES)
DEFINITIONS: Final = _choices(nomenclature.FIRST_TRANSFER_DEFINITIONS)
SECTORS: Final = _choices(nomenclature.SECTORS)
ACTIVITIES: Final = _choices(nomenclature.ACTIVITY_TYPES)
UNDERLYING: Final = _choices(nomenclature.UNDERLYING_REGISTRIES)
ACTION_TYPES: Final = _choices(ActionType)
SUBTYPES: Final = _choices(ActionSubtype)

_ALSO_PRINTED: Final = frozenset({"Non-GHG", "Authorisation", "Use or Cancellation"})
"""Values of which the official blank or the nomenclatures of June 2026 have another spelling."""
_FIRST: Final = (ActionSubtype.FIRST_INTERNATIONAL.value, ActionType.FIRST_TRANSFER.value)
_REDUCTIONS, _REMOVALS, _BOTH = nomenclature.MITIGATION_TYPES
_ALSO_SAID: Final[dict[str, tuple[str, ...]]] = {
    "first international transfer": _FIRST,
    "first transfer to another party": _FIRST,
    "1st transfer": (ActionType.FIRST_TRANSFER.value,),
    "use towards ndc": (ActionType.USE.value,),
    "use for ndc": (ActionType.USE.value,),
    "transport": ("Transportation",),
    "waste": ("Waste management",),
    "forestry": ("Forestry and land use",),
    "voluntary cancelation": (ActionType.VOLUNTARY_CANCELLATION.value,),
    "cancelation": (ActionType.CANCELLATION.value,),
    **dict.fromkeys(
        (
            "use or cancelation",
            "use/cancellation",
            "use and cancellation",
            "use and/or cancellation",
            "cancellation or use",
            "cancellation/use",
        ),
        (ActionSubtype.USE_OR_CANCELLATION.value,),
    ),
    **dict.fromkeys(("verra", "verified carbon standard"), ("VCS",)),
    "gold standard": ("GS",),
    "climate action reserve": ("CAR",),
    "american carbon registry": ("ACR",),
    **dict.fromkeys(("art trees", "art/trees", "architecture for redd transactions"), ("ART",)),
    "global carbon council": ("GCC",),
    "joint crediting mechanism": ("JCM",),
    "reductions": (_REDUCTIONS,),
    "emission removals": (_REMOVALS,),
    "emissions removals": (_REMOVALS,),
    **dict.fromkeys(
        ("reductions and removals", "removals and reductions", "removals and emission reductions"),
        (_BOTH,),
    ),
}
"""Terms in use for a value of a list, folded; of several values, the list of the field has one."""
_OF_WHAT: Final = re.compile(
    r"^the | of (?:the )?(?:mitigation outcomes?|itmos?)$| (?:an|its|the)(?= ndc)"
)
"""Words of 2/CMA.3 annex para 2(b) and the like, beside a value of a list."""
_TONNES: Final = re.compile(
    r"(?:metric )?(?:t|tons?|tonnes?) ?(?:of )?co ?2 ?(?:e|eq|equivalents?)?"
)
"""A metric of greenhouse gases by its unit; there is no other of them."""


def read_choice(text: str, choices: dict[str, str]) -> Parsed[str]:
    """Reads a value of a pick-list; one that is so near to one of them that no other is, as that one."""
    form = _OF_WHAT.sub("", folded(text).replace("isation", "ization"))
    if choices is METRICS and _TONNES.fullmatch(form) is not None:
        return Parsed(METRICS["ghg"], (Code.NOMENCLATURE_FORM,))
    also = (choices.get(folded(each)) for each in _ALSO_SAID.get(form, ()))
    value = choices.get(form) or next((each for each in also if each is not None), None)
    if "?" in text:
        return Parsed("", (Code.NOMENCLATURE_UNKNOWN,), usable=False)
    if value is None:
        near = get_close_matches(form[:_LONGEST_CHOICE], choices, n=2, cutoff=_NEAR)
        if len(near) == 1:
            return Parsed(choices[near[0]], (Code.NOMENCLATURE_NEAR,))
        return Parsed("", (Code.NOMENCLATURE_UNKNOWN,), usable=False)
    if value != text and text not in _ALSO_PRINTED:
        return Parsed(value, (Code.NOMENCLATURE_FORM,))
    return Parsed(value)


def permitted_text(text: str, choices: dict[str, str]) -> str:
    """Returns the values of a list for people; of a long one, those nearest to a text."""
    values = list(choices.values())
    if len(values) > _LISTED_WHOLE:
        near = get_close_matches(folded(text)[:_LONGEST_CHOICE], choices, n=3, cutoff=_RELATED)
        values = [choices[each] for each in near] or values
    return f"one of: {'; '.join(values)}"


def read_choices(texts: list[str], choices: dict[str, str]) -> Parsed[tuple[str, ...]]:
    """Reads several values of a pick-list; a Party's own words are kept where they are none of it."""
    found = [read_choice(text, choices) for text in texts]
    codes = dict.fromkeys(code for each in found for code in each.codes)
    values = (each.value or text for each, text in zip(found, texts, strict=True))
    return Parsed(tuple(values), tuple(codes))


def read_kept(text: str, choices: dict[str, str]) -> Parsed[str]:
    """Reads a value of an open list: one that is not in it is kept as it was written."""
    found = read_choice(text, choices)
    return found if found.usable else Parsed(text, found.codes)


@lru_cache(maxsize=256)
def read_action_type(text: str) -> Parsed[ActionType | None]:
    """Reads an action type, whatever its capitals."""
    found = read_choice(text, ACTION_TYPES)
    if Code.NOMENCLATURE_UNKNOWN in found.codes:
        return Parsed(None, found.codes, usable=False)
    return Parsed(ActionType(found.value), found.codes)


@lru_cache(maxsize=256)
def read_action_subtype(text: str) -> Parsed[ActionSubtype | None]:
    """Reads an action subtype, whatever its capitals."""
    found = read_choice(text, SUBTYPES)
    if Code.NOMENCLATURE_UNKNOWN in found.codes:
        return Parsed(None, found.codes, usable=False)
    return Parsed(ActionSubtype(found.value), found.codes)


def split_list(text: str, *, commas: bool) -> list[str]:
    """Splits a cell that holds several texts; at commas too where no value can hold one."""
    pattern = _COMMAS if commas else _LIST
    return [part for part in pattern.split(text) if part]
