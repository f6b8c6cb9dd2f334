# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The template filled in step by step on a terminal: one question for each element.

An answer is judged when it is given, with why it cannot be and what would be taken. Each step is kept,
so that nothing is lost when somebody leaves; `<` goes a step back, `?` explains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from itmo.nomenclature import ACTIVITY_TYPES, METRICS, SECTORS, UNDERLYING_REGISTRIES
from itmo.reasons import ProtocolError
from registry_node.cli.paris import answers
from registry_node.cli.paris.answers import NOTHING_KNOWN, Known, Reader, Remark
from registry_node.paris.authorization_template import (
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
Keep = Callable[[Mapping[str, Any]], None]
"""Keeps what was answered so far; raises nothing."""

BACK: Final = "<"
EXPLAIN: Final = "?"
NOTHING: Final = "-"
HOW: Final = (
    f"Enter takes what stands in brackets, or leaves out what may be left out. {BACK} goes a step back,"
    f" {EXPLAIN} explains, {NOTHING} empties an answer. Each step is kept as a draft; Ctrl-C leaves."
)


def _always(_: Mapping[str, Any]) -> bool:
    return True


def _for_use(fields: Mapping[str, Any]) -> bool:
    return "use" in fields.get("kinds", ("use",))


def _for_other_purposes(fields: Mapping[str, Any]) -> bool:
    return _for_use(fields) and bool({"IMP", "OP", "OIMP"} & set(fields.get("purposes", ())))


def _nothing(_: Any, __: Known) -> str:  # noqa: ANN401  # whatever was answered
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        key: Key of the template.
        text: What is asked.
        read: Makes the key's value of the answer.
        pick: Pick-list, numbered when shown.
        required: True where an empty answer is not taken.
        asked: Whether it is asked at all, by what was answered before.
        remark: What is worth knowing of an answer.
    """

    key: str
    text: str
    read: Reader
    pick: Sequence[str] = ()
    required: bool = False
    asked: Callable[[Mapping[str, Any]], bool] = _always
    remark: Remark = _nothing


def _one(key: str, text: str, pick: Sequence[str], **more: Any) -> Question:  # noqa: ANN401  # as Question
    return Question(key=key, text=text, read=answers.one_of(pick), pick=pick, **more)


def _some(key: str, text: str, pick: Sequence[str], **more: Any) -> Question:  # noqa: ANN401  # as Question
    return Question(key=key, text=text, read=answers.some_of(pick), pick=pick, **more)


QUESTIONS: Final = (
    Question(key="party", text="First transferring Party, such as THA", read=answers.party,
             required=True, remark=answers.of_this_node),
    Question(key="id", text="Identifier that the Party gives, such as 1006.4/2810",
             read=answers.identifier, required=True, remark=answers.next_version),
    Question(key="cooperative_approach", text="Cooperative approach, such as CA0003",
             read=answers.approach, required=True),
    _some("kinds", "Kinds, with commas", tuple(KINDS), required=True),
    Question(key="issuing_body", text="Issuing body", read=answers.text),
    Question(key="date", text="Date, such as 2022-11-30; empty: today", read=answers.first_day),
    Question(key="registration_number", text="Registration number", read=answers.text),
    Question(key="activity_participants", text="Activity participants, with commas", read=answers.parts),
    Question(key="activity", text="Activity", read=answers.text),
    _some("sectors", "Sectors, with commas", SECTORS),
    _some("activity_types", "Activity types, with commas", ACTIVITY_TYPES),
    _some("purposes", "Purposes, with commas; empty: named later", tuple(PURPOSES), asked=_for_use),
    Question(key="other_purposes", text="What the other purposes are, such as CORSIA",
             read=answers.text, asked=_for_other_purposes),
    Question(key="parties", text="Parties that may use, such as CHE,SWE; empty: all",
             read=answers.parties, remark=answers.in_this_network),
    Question(key="quantity", text="Total quantity, such as 500 000; empty: none is set",
             read=answers.quantity),
    Question(key="purpose_quantities", text="Quantities by purpose, such as NDC=300 000, OIMP=200 000",
             read=answers.by_purpose, asked=lambda fields: bool(fields.get("purposes"))),
    Question(key="quantity_is_limit", text="Is more than that refused? yes or no", read=answers.yes,
             asked=lambda fields: "quantity" in fields or "purpose_quantities" in fields),
    _one("metric", "Metric", METRICS),
    Question(key="non_ghg_metric", text="Name of the metric", read=answers.text,
             asked=lambda fields: fields.get("metric") == METRICS[1]),
    Question(key="gwp_values", text="Global warming potentials", read=answers.text,
             asked=lambda fields: fields.get("metric") != METRICS[1]),
    _one("first_transfer", "First transfer for other purposes", tuple(DEFINITIONS),
         asked=_for_other_purposes),
    Question(key="ndc_periods", text="NDC periods, such as 2021-2030", read=answers.periods),
    Question(key="vintages", text="Vintages, such as 2022-2030", read=answers.vintages, required=True),
    Question(key="yearly_quantities", text="By calendar year, such as 2022=60 000, 2023=140 000",
             read=answers.yearly),
    Question(key="use_years", text="Years of use, such as 2022-2030", read=answers.years),
    Question(key="tracking_registries", text="Tracked in, such as THA=THA01, CHE=CHE01",
             read=answers.tracking),
    Question(key="start_date", text="In force from, such as 2022-11-30", read=answers.first_day),
    Question(key="end_date", text="In force until, such as 2030-12-31", read=answers.day),
    _some("underlying_schemes", "Underlying schemes, with commas", UNDERLYING_REGISTRIES),
    Question(key="terms", text="Terms and conditions", read=answers.text),
    Question(key="possible_changes", text="Possible changes and their process", read=answers.text),
    _some("permitted_changes", "Elements that may change, with commas; empty: not limited",
          tuple(ELEMENTS)),
    Question(key="revocation_conditions", text="Conditions of revocation", read=answers.text),
    Question(key="binds_first_transferred", read=answers.yes,
             text="Do later versions bind units already first transferred? yes or no"),
    Question(key="document_hash", text="SHA-256 of the letter, in hexadecimal", read=answers.document),
    Question(key="additional_information", text="Additional information", read=answers.text),
)  # fmt: skip
_RECORDS: Final[tuple[tuple[str, str, Sequence[str]], ...]] = (
    ("contacts", "contact", tuple(CONTACT)),
    ("authorized_entities", "authorized entity", tuple(ENTITY)),
)


def fill_in(
    ask: Ask, say: Say, known: Known = NOTHING_KNOWN, keep: Keep = lambda _: None
) -> dict[str, Any]:
    """Asks for every element; returns the fields of the template.

    Args:
        ask: Puts a question.
        say: Tells something.
        known: What this node knows; its `fields` are offered as answers.
        keep: Told after each answer what there is so far.
    """
    fields = dict(known.fields)
    if len(known.parties) == 1:
        fields.setdefault("party", known.parties[0])
    say(HOW)
    place, way = 0, list[int]()
    while place < len(QUESTIONS):
        question = QUESTIONS[place]
        if not question.asked(fields):
            fields.pop(question.key, None)
        elif not _answered(question, fields, known, ask, say):
            place = way.pop() if way else place
            continue
        else:
            way.append(place)
            keep(fields)
        place += 1
    for key, what, names in _RECORDS:
        records = _records(key, what, names, fields.get(key, []), ask, say)
        if records:
            fields[key] = records
            keep(fields)
    return fields


def _answered(question: Question, fields: dict[str, Any], known: Known, ask: Ask, say: Say) -> bool:
    """Asks until there is an answer that can be; False: a step back is wanted."""
    for number, value in enumerate(question.pick, 1):
        say(f"  {number:>2}  {value}")
    before = {name: value for name, value in fields.items() if name != question.key}
    while True:
        there = shown(fields.get(question.key))
        answer = ask(f"{question.text} [{there}]" if there else question.text).strip()
        if answer == BACK:
            return False
        if answer == EXPLAIN:
            say(f"  {_explained(question)}")
            continue
        if not answer and there:
            return True
        if answer in ("", NOTHING):
            if not question.required:
                fields.pop(question.key, None)
                return True
            say("  This cannot be left out.")
            continue
        value = _read(question, answer, replace(known, fields=before), say)
        if value is not None:
            fields[question.key] = value
            return True


def _read(question: Question, answer: str, known: Known, say: Say) -> Any:  # noqa: ANN401  # as the key takes it
    """The value of an answer that can be; None, and why, of one that cannot."""
    try:
        value = question.read(answer, known)
        fill(Statement(), {question.key: value}, "answer")
    except ProtocolError as error:
        say(f"  That cannot be: {error.message.removeprefix('answer: ')}")
        return None
    except ValueError as error:
        say(f"  That cannot be: {error}.")
        return None
    remark = question.remark(value, known)
    if remark:
        say(f"  {remark}")
    return value


def _explained(question: Question) -> str:
    said = (question.read.__doc__ or "").strip().splitlines()
    what = said[0] if said else "Values of the list above, by number or as they are written."
    must = "It has to be there." if question.required else "It may be left out."
    return f"{question.key}: {what} {must}"


def shown(value: object) -> str:
    """A value as it would be typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={shown(each)}" for name, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) == 2 and all(type(each) is int for each in value):  # noqa: PLR2004  # a span of years
            return f"{value[0]}-{value[1]}"
        return ", ".join(map(shown, value))
    return str(value)


def _records(
    key: str,
    what: str,
    names: Sequence[str],
    there: Sequence[Mapping[str, str]],
    ask: Ask,
    say: Say,
) -> list[Mapping[str, str]]:
    records = list(there)
    for record in records:
        say(f"  {what}: {shown(record)}")
    while True:
        first = ask(f"{names[0]} of {'another' if records else 'an'} {what}; empty: none").strip()
        if not first:
            return records
        if first == BACK:
            if records:
                say(f"  {shown(records.pop())} is taken off.")
            continue
        rest = {name: ask(f"  its {name.replace('_', ' ')}").strip() for name in names[1:]}
        record = {names[0]: first, **{name: said for name, said in rest.items() if said}}
        try:
            fill(Statement(), {key: [record]}, "answer")
        except ProtocolError as error:
            say(f"  That cannot be: {error.message}")
        else:
            records.append(record)
