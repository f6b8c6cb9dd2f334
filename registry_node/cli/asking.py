# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The template filled in step by step on a terminal: one question for each element.

An answer is judged at once, with the same table that reads files, and asked for again where it
cannot be. Pick-lists are numbered; an answer may be a number or the value itself. An empty answer
leaves an element out, where it may be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from itmo.nomenclature import ACTIVITY_TYPES, METRICS, SECTORS, UNDERLYING_REGISTRIES
from itmo.reasons import ProtocolError, Reason
from registry_node.authorization_template import (
    CONTACT,
    DEFINITIONS,
    ELEMENTS,
    ENTITY,
    KINDS,
    PURPOSES,
    Statement,
    fill,
)

Ask = Callable[[str], str]
"""Puts a question and returns the answer."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        key: Key of the template.
        text: What is asked.
        read: Makes the key's value of the answers.
        pick: Pick-list, numbered when shown.
        required: True where an empty answer is not taken.
    """

    key: str
    text: str
    read: Callable[[str], Any]
    pick: Sequence[str] = ()
    required: bool = False


def _parts(answer: str) -> list[str]:
    return [part.strip() for part in answer.split(",") if part.strip()]


def _span(answer: str) -> list[int]:
    first, _, last = answer.partition("-")
    return [int(first), int(last or first)]


def _spans(answer: str) -> list[list[int]]:
    return [_span(part) for part in _parts(answer)]


def _pairs(answer: str) -> dict[str, str]:
    split = [part.partition("=") for part in _parts(answer)]
    return {name.strip(): value.strip() for name, _, value in split}


def _yearly(answer: str) -> dict[int, int]:
    return {int(year): int(quantity) for year, quantity in _pairs(answer).items()}


def _by_purpose(answer: str) -> dict[str, int]:
    return {purpose: int(quantity) for purpose, quantity in _pairs(answer).items()}


def _yes(answer: str) -> bool:
    return {"yes": True, "y": True, "no": False, "n": False}[answer.lower()]


QUESTIONS: Final = (
    Question(key="party", text="First transferring Party, such as THA", read=str, required=True),
    Question(key="id", text="Identifier that the Party gives", read=str, required=True),
    Question(
        key="kinds", text="Kinds, with commas", read=_parts, pick=tuple(KINDS), required=True
    ),
    Question(key="issuing_body", text="Issuing body", read=str),
    Question(key="date", text="Date, yyyy-mm-dd; empty: today", read=str),
    Question(key="registration_number", text="Registration number", read=str),
    Question(
        key="cooperative_approach", text="Cooperative approach, such as CA0003", read=str,
        required=True,
    ),
    Question(key="activity_participants", text="Activity participants, with commas", read=_parts),
    Question(key="activity", text="Activity", read=str),
    Question(key="sectors", text="Sectors, with commas", read=_parts, pick=SECTORS),
    Question(
        key="activity_types", text="Activity types, with commas", read=_parts, pick=ACTIVITY_TYPES
    ),
    Question(key="purposes", text="Purposes, with commas", read=_parts, pick=tuple(PURPOSES)),
    Question(key="other_purposes", text="What the other purposes are, such as CORSIA", read=str),
    Question(key="parties", text="Parties that may use, with commas; empty: all", read=_parts),
    Question(key="quantity", text="Total quantity, whole units; empty: none is set", read=int),
    Question(
        key="purpose_quantities", text="Quantities by purpose, NDC=300000,OIMP=200000", read=_by_purpose
    ),
    Question(key="quantity_is_limit", text="Is more than that refused? yes or no", read=_yes),
    Question(key="metric", text="Metric", read=str, pick=METRICS),
    Question(key="non_ghg_metric", text="Name of the metric, where it is non-GHG", read=str),
    Question(key="gwp_values", text="Global warming potentials", read=str),
    Question(
        key="first_transfer", text="First transfer for other purposes", read=str,
        pick=tuple(DEFINITIONS),
    ),
    Question(key="yearly_quantities", text="By calendar year, 2022=60000,2023=...", read=_yearly),
    Question(key="ndc_periods", text="NDC periods, such as 2021-2030", read=_spans),
    Question(key="vintages", text="Vintages, such as 2022-2030", read=_span, required=True),
    Question(key="use_years", text="Years of use, such as 2022-2030", read=_span),
    Question(key="tracking_registries", text="Tracked in, THA=THA01,CHE=CHE01", read=_pairs),
    Question(key="start_date", text="In force from, yyyy-mm-dd", read=str),
    Question(key="end_date", text="In force until, yyyy-mm-dd", read=str),
    Question(
        key="underlying_schemes", text="Underlying schemes, with commas", read=_parts,
        pick=UNDERLYING_REGISTRIES,
    ),
    Question(key="terms", text="Terms and conditions", read=str),
    Question(key="possible_changes", text="Possible changes and their process", read=str),
    Question(
        key="permitted_changes", text="Elements that may change, with commas; empty: not limited",
        read=_parts, pick=tuple(ELEMENTS),
    ),
    Question(key="revocation_conditions", text="Conditions of revocation", read=str),
    Question(
        key="binds_first_transferred",
        text="Do later versions bind units already first transferred? yes or no", read=_yes,
    ),
    Question(key="document_hash", text="SHA-256 of the letter, in hexadecimal", read=str),
    Question(key="additional_information", text="Additional information", read=str),
)  # fmt: skip
_RECORDS: Final[tuple[tuple[str, str, Sequence[str]], ...]] = (
    ("contacts", "contact", tuple(CONTACT)),
    ("authorized_entities", "authorized entity", tuple(ENTITY)),
)


def fill_in(ask: Ask, say: Say) -> dict[str, Any]:
    """Ask for every element; returns the fields of the template."""
    fields: dict[str, Any] = {}
    for question in QUESTIONS:
        value = _answered(question, ask, say)
        if value is not None:
            fields[question.key] = value
    for key, what, names in _RECORDS:
        records = _records(key, what, names, ask, say)
        if records:
            fields[key] = records
    return fields


def _answered(question: Question, ask: Ask, say: Say) -> Any:  # noqa: ANN401  # as the key takes it
    if question.pick:
        for number, value in enumerate(question.pick, 1):
            say(f"  {number:>2}  {value}")
    while True:
        answer = ask(question.text).strip()
        if not answer and not question.required:
            return None
        try:
            value = question.read(_picked(question, answer))
            fill(Statement(), {question.key: value}, "answer")
        except (ValueError, KeyError):
            say(f"  That cannot be: {question.text}.")
        except ProtocolError as error:
            say(f"  {error.message}")
        else:
            return value


def _picked(question: Question, answer: str) -> str:
    """Numbers of a pick-list turned into its values."""
    if not question.pick:
        if not answer:
            raise ProtocolError(Reason.PAYLOAD_INVALID, "This cannot be left out.")
        return answer
    chosen = []
    for part in _parts(answer):
        if part.isdigit() and 1 <= int(part) <= len(question.pick):
            chosen.append(question.pick[int(part) - 1])
        else:
            chosen.append(part)
    if not chosen:
        raise ProtocolError(Reason.PAYLOAD_INVALID, "This cannot be left out.")
    return ",".join(chosen)


def _records(
    key: str, what: str, names: Sequence[str], ask: Ask, say: Say
) -> list[Mapping[str, str]]:
    records: list[Mapping[str, str]] = []
    while True:
        first = ask(f"{names[0]} of {'another' if records else 'an'} {what}; empty: none").strip()
        if not first:
            return records
        rest = {name: ask(f"  its {name.replace('_', ' ')}").strip() for name in names[1:]}
        record = {names[0]: first, **{name: said for name, said in rest.items() if said}}
        try:
            fill(Statement(), {key: [record]}, "answer")
        except ProtocolError as error:
            say(f"  {error.message}")
        else:
            records.append(record)
