# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Step by step: each answer is judged when it is given, with why; back, and kept at every step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from broker.regime.paris.statements.authorization import authorization as as_the_broker_reads_it
from broker.rulebook.paris.authorization_terms import faults_of
from registry_node.cli.paris.answers import NOTHING_KNOWN, Known
from registry_node.cli.paris.questions import QUESTIONS, fill_in, shown
from registry_node.paris.authorization_fields import fields_of
from registry_node.paris.authorization_template import authorization, statement

TEXTS = {question.text: question.key for question in QUESTIONS}
EXAMPLE = Path(__file__).parents[3] / "deploy/config/authorization.example.yaml"


@dataclass
class Person:
    """Somebody at a terminal, with what they answer to each question; else Enter."""

    given: dict[str, list[str]]
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, text: str) -> str:
        key = TEXTS.get(text.partition(" [")[0], text.split(maxsplit=1)[0])
        self.asked.append(key)
        self.said.append(text)
        return self.given.get(key, []).pop(0) if self.given.get(key) else ""

    def keep(self, fields: Mapping[str, Any]) -> None:
        self.kept.append(dict(fields))

    def fill_in(self, known: Known = NOTHING_KNOWN) -> dict[str, Any]:
        return fill_in(self.answer, self.said.append, known, self.keep)

    def heard(self, text: str) -> bool:
        return any(text in line for line in self.said)


def letter(**more: list[str]) -> dict[str, list[str]]:
    least = {"party": ["THA"], "id": ["1006.4/2810"], "kinds": ["use"],
             "cooperative_approach": ["CA0003"], "vintages": ["2022-2030"]}  # fmt: skip
    return {**least, **more}


def test_a_letter_is_asked_for_until_each_answer_can_be() -> None:
    person = Person(
        letter(
            party=["", "Thailand", "tha"],
            kinds=["use, entities"],
            sectors=["Transport", "transportation"],
            purposes=["1"],
            quantity=["many", "0", "500 000"],
            yearly_quantities=[
                "2022",
                "2031=5",
                "2022=400 000, 2023=200 000",
                "2022=60 000, 2023=140,000",
                "2022=60 000, 2023=140 000",
            ],
            tracking_registries=["THA=CHE01", "THA=THA01"],
            start_date=["2022-02-30", "2022-02-28"],
            end_date=["2021-12-31", "2030-12-31"],
            document_hash=["xyz", "A" * 64],
            binds_first_transferred=["maybe", "no"],
            entity=["KliK", ""],
        )
    )
    fields = person.fill_in()
    assert not any(person.given.values())
    assert (fields["party"], fields["kinds"]) == ("THA", ["use", "entities"])
    assert (fields["sectors"], fields["quantity"]) == (["Transportation"], 500_000)
    assert fields["yearly_quantities"] == {2022: 60_000, 2023: 140_000}
    assert fields["authorized_entities"] == [{"entity": "KliK"}]
    for why in (
        "This cannot be left out", "nearest is 'Transportation'", "is no whole number of units",
        "2031 is none of the vintages 2022-2030", "600000 together is more than the total of 500000",
        "CHE01 is a registry of CHE, not of THA", "2022-02-30", "before 2022-02-28",
        "64 digits", "say yes or no",
    ):  # fmt: skip
        assert person.heard(why), why
    stated = statement({**fields, "version": 1, "date": "2023-08-02"}, "answers")
    assert list(faults_of(as_the_broker_reads_it(stated))) == []


@pytest.mark.parametrize(
    ("key", "wrong", "why"),
    [
        ("id", "a\tb", "Identifier"),
        ("cooperative_approach", "CA3", "Cooperative approach"),
        ("kinds", "9", "there is no number 9; the last is 3"),
        ("parties", "CHE,XYZ", "XYZ"),
        ("quantity", "500.5", "whole number"),
        ("quantity", "-5", "whole number"),
        ("quantity", "900 000 000 000 000", "1 to 100000000000000 can"),
        ("vintages", "2030-2022", "2030 is after 2022"),
        ("vintages", "2019", "years are 2021 to 9999"),
        ("vintages", "soon", "names no years"),
        ("ndc_periods", "2021-2030, 31", "31 cannot be"),
        ("date", "30.11.2022", "write it as 2022-11-30"),
        ("tracking_registries", "THA01", "is no pair"),
        ("tracking_registries", "THA=THA01, THA=THA02", "named twice"),
    ],
)
def test_why_an_answer_cannot_be(key: str, wrong: str, why: str) -> None:
    given = letter()
    given[key] = [wrong, *given.get(key, [])]
    person = Person(given)
    person.fill_in()
    assert person.heard("That cannot be:")
    assert person.heard(why)
    assert person.asked.count(key) == 2


@pytest.mark.parametrize(
    "typed", ["500000", "500 000", "500,000", "500'000", "500.000", "500\u00a0000"]
)
def test_a_quantity_as_people_write_it(typed: str) -> None:
    assert Person(letter(quantity=[typed])).fill_in()["quantity"] == 500_000


def test_a_step_back_changes_an_answer_and_keeps_the_others() -> None:
    person = Person(letter(id=["1", "2"], cooperative_approach=["<", "CA0003"]))
    fields = person.fill_in()
    assert fields["id"] == "2"
    assert person.heard("[1]"), "what was answered stands in brackets"
    assert person.asked[:5] == ["party", "id", "cooperative_approach", "id", "cooperative_approach"]


def test_each_step_is_kept() -> None:
    person = Person(letter(quantity=["500 000"]))
    fields = person.fill_in()
    assert [len(each) for each in person.kept[:3]] == [1, 2, 3]
    assert person.kept[-1] == fields


def test_what_the_node_knows_is_offered_and_said() -> None:
    known = Known(
        parties=("THA",),
        registries=frozenset({"THA01", "CHE01"}),
        letters={("THA", "1006.4/2810"): 1},
    )
    given = letter(parties=["CHE,SWE"], tracking_registries=["THA=THA02", "THA=THA01"])
    person = Person({**given, "party": [""]})
    assert person.fill_in(known)["party"] == "THA"
    assert person.heard("[THA]")
    assert person.heard("this will be version 2")
    assert person.heard("SWE: no registry in this network yet")
    assert person.heard("there is no registry THA02 in this network; THA has THA01")
    other = Person(letter(party=["CHE"]))
    other.fill_in(known)
    assert other.heard("only if CHE has designated this node")


def test_what_does_not_belong_to_a_letter_is_not_asked() -> None:
    person = Person(letter(kinds=["cooperative-approach"]))
    person.fill_in()
    assert not {"purposes", "other_purposes", "first_transfer", "purpose_quantities"} & set(
        person.asked
    )
    assert "non_ghg_metric" not in person.asked


def test_explained_and_emptied() -> None:
    person = Person(letter(quantity=["?", "500000", "-"], quantity_is_limit=["<"]))
    fields = person.fill_in()
    assert "quantity" not in fields
    assert person.heard("quantity: A whole number of units")


def test_a_statement_is_the_fields_it_was_made_of() -> None:
    """Every element of the example: a draft that is gone on with loses nothing."""
    fields = authorization(EXAMPLE)
    made = statement(fields, "example")
    again = statement({**fields_of(made), "version": made.version}, "again")
    assert again == made
    assert all(isinstance(shown(value), str) for value in fields_of(made).values())
