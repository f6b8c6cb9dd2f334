# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every number of the log's catalogue is accounted for, and what it names exists."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from broker.rulebook.check import CarriedOut, Provenance
from broker.rulebook.kyoto.catalogue import CHECKS
from broker.rulebook.kyoto.log_codes import LOG_CODES
from itmo.reasons import Reason

PUBLISHED = [
    each / "shared" / "domain" / "kyoto_checks.csv" for each in Path(__file__).resolve().parents
]
"""Facts beside the working copy; a copy of the project alone has none."""
OWN = {rule.id for rule in CHECKS}


def published() -> list[dict[str, str]]:
    found = next(filter(Path.exists, PUBLISHED), None)
    if found is None:
        pytest.skip("the table of published numbers does not lie beside this copy")
    with found.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_of_the_published_catalogue_is_accounted_for() -> None:
    rows = published()
    assert {row["code"] for row in rows} == LOG_CODES.keys()
    for row in rows:
        known = LOG_CODES[row["code"]]
        assert (row["category"] == "known_number") == (known.carried_out is CarriedOut.NUMBER_ONLY)
        confirmed = row["confidence"].startswith(("confirmed", "law text", "figure proved"))
        confirmed |= row["confidence"].startswith("rule confirmed")
        assert (known.provenance is Provenance.CONFIRMED) == confirmed, row
        assert known.said not in {row["condition"], row["short_name_snake_case"]}


@pytest.mark.parametrize("number", LOG_CODES)
def test_what_carries_a_number_out_exists(number: str) -> None:
    known = LOG_CODES[number]
    for each in known.rules:
        assert (each in OWN) != (each in Reason.__members__), each
    judged = any(each in OWN for each in known.rules)
    assert judged == (known.carried_out is CarriedOut.JUDGED)
    if not known.rules:
        assert known.remark
    assert known.said.isascii()


def test_numbers_without_a_published_meaning_say_so() -> None:
    only = [each for each in LOG_CODES.values() if each.carried_out is CarriedOut.NUMBER_ONLY]
    assert len(only) == 28
    for each in only:
        assert not each.rules
        assert each.provenance is Provenance.UNCONFIRMED
        assert "not published" in each.said


@pytest.mark.parametrize("check_id", sorted(OWN))
def test_the_numbers_of_a_check_are_those_that_name_it(check_id: str) -> None:
    (rule,) = (each for each in CHECKS if each.id == check_id)
    for number in rule.code.split():
        if number in LOG_CODES:
            assert check_id in LOG_CODES[number].rules, number
    named = [each for each in LOG_CODES.values() if check_id in each.rules]
    if named and not rule.code:
        pytest.fail(f"{check_id} carries out {named[0].number} and does not say so")
