# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a person types for one element of an authorization: read, and judged when it is given.

Every reader returns the value that the template's key takes, or raises ValueError with why the answer
cannot be and what would be taken. The judgements are those of form; what only the clearing-house knows
is said when the letter is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from itmo.identifiers import (
    parse_authorization_id,
    parse_cooperative_approach_id,
    parse_party_code,
    parse_registry_id,
    registry_party,
)
from itmo.limits import MAX_UNITS
from itmo.nomenclature import nearest
from itmo.vintage import FIRST_VINTAGE, LAST_VINTAGE

_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:[ \u00a0\u202f'\u2019,._][0-9]{3})+")
_SEPARATORS: Final = re.compile(r"[ \u00a0\u202f'\u2019,._]")
_TO: Final = re.compile(r"\s*(?:-|\u2013|to)\s*")
_HASH: Final = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known when an answer is given.

    Attributes:
        parties: Parties whose registries this node speaks for.
        registries: Registries of the network; empty where the clearing-house could not be asked.
        letters: Latest version of each letter stated here, by Party and identifier.
        fields: What was answered so far.
    """

    parties: tuple[str, ...] = ()
    registries: frozenset[str] = frozenset()
    letters: Mapping[tuple[str, str], int] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


NOTHING_KNOWN: Final = Known()
Reader = Callable[[str, Known], Any]
Remark = Callable[[Any, Known], str]
"""What is worth knowing of an answer that can be; empty: nothing."""


def text(answer: str, _: Known) -> str:
    """Free text, as it stands."""
    return answer


def parts(answer: str, _: Known) -> list[str]:
    """Several texts, with commas."""
    return [part.strip() for part in answer.split(",") if part.strip()]


def yes(answer: str, _: Known) -> bool:
    """Yes or no."""
    said = {"yes": True, "y": True, "no": False, "n": False}.get(answer.lower())
    if said is None:
        raise ValueError("say yes or no")
    return said


def quantity(answer: str, _: Known = Known()) -> int:  # it is frozen
    """A whole number of units; 500 000, 500,000 and 500'000 are 500000."""
    digits = _SEPARATORS.sub("", answer) if _GROUPED.fullmatch(answer) else answer
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{answer!r} is no whole number of units; write it as 500000 or 500 000")
    if not 1 <= int(digits) <= MAX_UNITS:
        raise ValueError(f"{int(digits)} units cannot be; 1 to {MAX_UNITS} can")
    return int(digits)


def party(answer: str, _: Known) -> str:
    """A Party."""
    return parse_party_code(answer.upper(), "Party")


def parties(answer: str, known: Known) -> list[str]:
    """Several Parties."""
    return [party(each, known) for each in parts(answer, known)]


def identifier(answer: str, _: Known) -> str:
    """An identifier of an authorization."""
    return parse_authorization_id(answer, "Identifier")


def approach(answer: str, _: Known) -> str:
    """A cooperative approach."""
    return parse_cooperative_approach_id(answer.upper(), "Cooperative approach")


def day(answer: str, known: Known) -> str:
    """A day that there is."""
    try:
        found = date.fromisoformat(answer)
    except ValueError:
        raise ValueError(f"{answer!r} is no day; write it as 2022-11-30") from None
    begins = known.fields.get("start_date")
    if begins and found < date.fromisoformat(begins):
        raise ValueError(f"{answer} is before {begins}, from which on the letter is in force")
    return answer


def first_day(answer: str, _: Known) -> str:
    """A day before which nothing is."""
    return day(answer, NOTHING_KNOWN)


def years(answer: str, _: Known = Known()) -> list[int]:  # it is frozen
    """Years, such as 2022-2030, 2022 to 2030, or 2022."""
    ends = _TO.split(answer.strip())
    if not 1 <= len(ends) <= 2 or not all(e.isascii() and e.isdigit() for e in ends):  # noqa: PLR2004  # two ends
        raise ValueError(f"{answer!r} names no years; write them as 2022-2030")
    first, last = int(ends[0]), int(ends[-1])
    for year in (first, last):
        if not FIRST_VINTAGE <= year <= LAST_VINTAGE:
            raise ValueError(f"{year} cannot be; years are {FIRST_VINTAGE} to {LAST_VINTAGE}")
    if first > last:
        raise ValueError(f"{first} is after {last}; the earlier year comes first")
    return [first, last]


def vintages(answer: str, known: Known) -> list[int]:
    """Years within the NDC periods that the letter states."""
    found, periods = years(answer), known.fields.get("ndc_periods") or []
    covered = {year for first, last in periods for year in range(first, last + 1)}
    if covered and not covered.issuperset(range(found[0], found[1] + 1)):
        stated = ", ".join(f"{first}-{last}" for first, last in periods)
        raise ValueError(f"{answer} does not lie within the NDC periods of the letter ({stated})")
    return found


def periods(answer: str, known: Known) -> list[list[int]]:
    """Several spans of years."""
    return [years(each) for each in parts(answer, known)]


def yearly(answer: str, known: Known) -> dict[int, int]:
    """Quantities by year, no more than the total, in years that are vintages."""
    found = {}
    for name, value in _pairs(answer, "2022=60000, 2023=140000").items():
        (year, _) = years(name)
        found[year] = quantity(value)
    span = known.fields.get("vintages")
    for year in found:
        if span and not span[0] <= year <= span[1]:
            raise ValueError(f"{year} is none of the vintages {span[0]}-{span[1]}")
    _within_total(sum(found.values()), known, "together")
    return found


def by_purpose(answer: str, known: Known) -> dict[str, int]:
    """Quantities by purpose, each of one that is authorized and none above the total."""
    found = {}
    named = known.fields.get("purposes") or []
    for name, value in _pairs(answer, "NDC=300000, OIMP=200000").items():
        if name not in named:
            raise ValueError(
                f"{name!r} is no purpose of this letter ({', '.join(named) or 'none'})"
            )
        found[name] = quantity(value)
        _within_total(found[name], known, f"for {name}")
    return found


def tracking(answer: str, known: Known) -> dict[str, str]:
    """A registry for each Party, which is that Party's."""
    found = {}
    for name, value in _pairs(answer, "THA=THA01, CHE=CHE01").items():
        code, registry = party(name, known), parse_registry_id(value.upper(), "Registry")
        if registry_party(registry) != code:
            raise ValueError(
                f"{registry} is a registry of {registry_party(registry)}, not of {code}"
            )
        if known.registries and registry not in known.registries:
            there = sorted(each for each in known.registries if each.startswith(code))
            raise ValueError(
                f"there is no registry {registry} in this network; {code} has"
                f" {', '.join(there) or 'none'}"
            )
        found[str(code)] = str(registry)
    return found


def document(answer: str, _: Known) -> str:
    """A SHA-256."""
    if _HASH.fullmatch(answer) is None:
        raise ValueError(f"a SHA-256 has 64 digits 0 to 9 and a to f; this has {len(answer)}")
    return answer.lower()


def one_of(pick: Sequence[str]) -> Reader:
    """One value of a pick-list, by its number or as it is written."""

    def read(answer: str, _: Known) -> str:
        return _chosen(answer, pick)

    return read


def some_of(pick: Sequence[str]) -> Reader:
    """Several values of a pick-list, each once."""

    def read(answer: str, known: Known) -> list[str]:
        return list(dict.fromkeys(_chosen(each, pick) for each in parts(answer, known)))

    return read


def of_this_node(value: str, known: Known) -> str:
    """Says when a Party is none of those that this node speaks for."""
    if not known.parties or value in known.parties:
        return ""
    own = " and ".join(known.parties)
    return (
        f"This node speaks for registries of {own}. The clearing-house takes a letter of {value} from"
        f" here only if {value} has designated this node."
    )


def next_version(value: str, known: Known) -> str:
    """Says when there is a letter of that name already."""
    version = known.letters.get((str(known.fields.get("party", "")), value))
    if version is None:
        return ""
    if version == 0:
        return "There is a draft of it; what you say here takes its place."
    return f"Version {version} of it was stated before; this will be version {version + 1}."


def in_this_network(value: Sequence[str], known: Known) -> str:
    """Says when a Party has no registry in the network."""
    here = {each[:3] for each in known.registries}
    missing = [each for each in value if here and each not in here]
    return f"{', '.join(missing)}: no registry in this network yet." if missing else ""


def _within_total(found: int, known: Known, what: str) -> None:
    total = known.fields.get("quantity")
    if total and found > total:
        raise ValueError(f"{found} {what} is more than the total of {total}")


def _chosen(answer: str, pick: Sequence[str]) -> str:
    if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(pick):
        return pick[int(answer) - 1]
    folded = {each.lower(): each for each in pick}
    if answer.lower() in folded:
        return folded[answer.lower()]
    if answer.isascii() and answer.isdigit():
        raise ValueError(f"there is no number {answer}; the last is {len(pick)}")
    raise ValueError(f"{answer!r} is none of them; the nearest is {nearest(answer, pick)!r}")


def _pairs(answer: str, example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in (each.strip() for each in answer.split(",") if each.strip()):
        name, separator, value = (each.strip() for each in part.partition("="))
        if not (name and separator and value):
            raise ValueError(f"{part!r} is no pair; write them as {example}")
        if name in found:
            raise ValueError(f"{name} is named twice")
        found[name] = value
    if not found:
        raise ValueError(f"nothing is named; write it as {example}")
    return found
