# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Quantities and ceilings in the ways people write them, and those that can mean two things."""

from __future__ import annotations

from aef.numbers import read_ceiling, read_quantity

ONE_NUMBER = (
    "1234567|1,234,567|1 234 567|1\u00a0234\u00a0567|1\u202f234\u202f567|1\u2009234\u2009567|1'234'567|1\u2019234\u2019567|"
    "1.234.567|12,34,567|1,234,567.00|1,234,567.0|1.234.567,00|1 234 567,00|1 234 567.00|"
    "1'234'567.00|1234567.00|1234567,00|1234567 t|1234567 tCO2e|1,234,567 tCO2e|"
    "1 234 567 t CO2 eq|1.234.567 tCO2e|1,234,567 t CO\u2082 eq|1,234,567 tCO2-eq|"
    "1,234,567 tonnes of CO2 equivalent|1,234,567 tonnes CO2e|1,234,567 tCO2eq.|"
    "1,234,567 ITMOs|1,234,567 ITMO|1,234,567 units|1,234,567 tons|1,234,567 metric tons|"
    "1,234,567 metric tonnes CO2e|1,234,567 (tCO2e)|1,234,567 t CO2|1,234,567 tCO2|"
    "tCO2e 1,234,567|1,234,567*|1 234 567 |  1234567|1,234,567.|1,234,567 tCO\u2082e|"
    "1\u2019234\u2019567 tCO2e|12,34,567 tCO2e|1,234,567 téqCO2|1,234,567 toneladas|"
    "1,234,567 toneladas de CO2 equivalente|1,234,567 tonnes équivalent CO2|"
    "1 234 567 t éq. CO2|1234567.0|1 234 567\u202ft"
)
"""All of them say 1 234 567 units."""

NO_NUMBER = (
    "1,234,567.5|1.234567|1,234567|1234,567|1,23,4567|1.234,567|1,234.567|1 234,567|"
    "1.234|1,2345|1.2e6|1.234567E6|1.234567 million|1.2 million|~1234567|about 1,234,567|"
    "approx. 1,234,567|1,234,567 kg|1,234,567 kt|1,234,567 MWh|1,234,567 or 1,234,568|"
    "1,234,567 + 1|1234567-1234570|1,234,567 / 2|-1,234,567|(1,234,567)|\u22121234567|"
    "up to 1,234,567|max 1,234,567|1234567?|TBD|one million|1,234,567 per year|"
    "1,234,567 tCO2e/year|1,234,567 (estimated)|12,34,56,7|1,,234,567|1 234,567|"
    "1'234,567|50%|1,234,567 %|<1234567|>1,234,567|1,234,567; 1,000|1,234,567\n1,000|"
    "0x12|99999999999999999999|1234567 t C|1 2345 67|1,234 567|1.234,567.00|"
    "1,234,567 tCO2e (tbc)|1,234,567\u00b9|1234567 MTCO2e|+1234567"
)

CEILING = (
    "500000|500,000|Maximum of 500,000|Maximum: 500,000|Max 500,000|max. 500 000|"
    "maximum 500,000 tCO2e|Up to 500,000|up to 500,000 ITMOs|Up to a maximum of 500,000|"
    "A maximum of 500,000 ITMOs|Not more than 500,000|No more than 500,000 tCO2e|"
    "Not exceeding 500,000|not to exceed 500,000|at most 500,000|500,000 maximum|"
    "500,000 (maximum)|500,000 max|500,000 tCO2e (max)|500,000 tCO2e maximum|"
    "Limit of 500,000|Limit: 500 000|Ceiling of 500,000|Cap: 500,000|capped at 500,000|"
    "Cap of 500,000 tCO2e|\u2264 500,000|<= 500,000|\u2264500000|0.5 million|500 thousand|500k|"
    "500 kt|0.5 Mt|0.5 MtCO2e|500 ktCO2e|500,000 ITMOs in total|total of 500,000|"
    "Total: 500,000|500,000 in total|a total of 500,000 tCO2e|Maximum quantity: 500,000|"
    "maximum quantity of 500,000 tCO2e|maximum amount of 500,000|"
    "Maximum total of 500,000|jusqu'à 500 000|maximum de 500 000|"
    "un maximum de 500 000 tCO2e|máximo de 500 000|máximo 500 000 tCO2e|hasta 500 000|"
    "au maximum 500 000|500 000 au maximum|como máximo 500 000|"
    "less than or equal to 500,000|upper limit 500,000|up to and including 500,000|"
    "Up to 500'000|Max. 500\u2019000 ITMOs|5,00,000|MAXIMUM OF 500,000|Maximum of 500,000.|"
    "up to 500,000 t CO2 eq over the authorized period"
)
"""All of them say at most 500 000 units."""

NO_CEILING = (
    "at least 500,000|minimum 500,000|500,000 per year|500,000 annually|"
    "500,000 per annum|50,000 per year up to 500,000|500,000 + 10%|around 500,000|"
    "about 500,000|approximately 500,000|500,000 or 600,000|500,000-600,000|"
    "500,000 to 600,000|between 500,000 and 600,000|not limited|unlimited|no limit|"
    "NA yet|to be determined|500,000 (2021-2025) and 600,000 (2026-2030)|"
    "less than 500,000|more than 500,000|estimated 500,000|500.000|0.500 million|"
    "500,000 per activity|up to 500,000 in 2022|up to 500,000 for each project|"
    "see letter|Maximum|< 500,000|all|100%|total ERs|expected 500,000|5 million?|"
    "max 500,000 min 100,000|500 MT|2 mt"
)


def test_a_quantity() -> None:
    found = {text: read_quantity(text.strip()).value for text in ONE_NUMBER.split("|")}
    assert {text: number for text, number in found.items() if number != 1_234_567} == {}


def test_what_is_no_one_quantity_is_not_read() -> None:
    found = {text: read_quantity(text) for text in NO_NUMBER.split("|")}
    assert {text: each.value for text, each in found.items() if each.usable} == {}


def test_a_ceiling() -> None:
    found = {text: read_ceiling(text).value for text in CEILING.split("|")}
    assert {text: number for text, number in found.items() if number != 500_000} == {}


def test_what_is_no_one_ceiling_is_not_read() -> None:
    found = {text: read_ceiling(text) for text in NO_CEILING.split("|")}
    assert {text: each.value for text, each in found.items() if each.usable} == {}
