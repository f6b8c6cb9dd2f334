# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Years, time frames and dates in the ways people write them, and those that can mean two things."""

from __future__ import annotations

from datetime import date

import pytest

from aef.dates import read_date, read_moment
from aef.syntax_codes import Code
from aef.time_frames import read_time_frame
from aef.years import read_year

ONE_YEAR = (
    "2023|2023.0|2 023|2023 |CY2023|CY 2023|Year 2023|2023 (calendar year)|"
    "calendar year 2023|1 Jan 2023 - 31 Dec 2023|1 January \u2013 31 December 2023|"
    "01.01.2023-31.12.2023|01/01/2023 to 31/12/2023|01/01/2023\u201331/12/2023|"
    "2023-01-01/2023-12-31|From 1 January 2023 to 31 December 2023|"
    "1er janvier au 31 décembre 2023|du 1er janvier 2023 au 31 décembre 2023|"
    "del 1 de enero al 31 de diciembre de 2023|enero-diciembre 2023|"
    "Enero a diciembre de 2023|janvier - décembre 2023|January-December 2023|"
    "January\u2013December 2023|Jan-Dec 2023|Jan to Dec 2023|Jan. - Dec. 2023|"
    "January 2023 to December 2023|January 2023 - December 2023|Jan 2023-Dec 2023|"
    "01/2023-12/2023|01/2023 - 12/2023|2023/2023|2023-2023|2023 - 2023|año 2023|"
    "année 2023|annee civile 2023|the year 2023|for the year 2023|Reporting year 2023|"
    "reported year: 2023|2023\u00b9|2023*|2023.|'2023|\u20192023|Q1-Q4 2023|"
    "01-Jan-2023 to 31-Dec-2023|January 1, 2023 - December 31, 2023|"
    "1/1/2023 - 12/31/2023|1 Jan to 31 Dec 2023|January to December, 2023|"
    'January to December of 2023|January to December (2023)|(2023)|[2023]|"2023"|'
    "Reporting period 2023|Period: 2023|période 2023|período 2023|'23|\u201923"
)
"""All of them say 2023."""

NO_YEAR = (
    "FY2023|FY 2023|2023a|2023 a|2023 (final)|2023-2024|2023\u20132024|2023/2024|2023/24|"
    "2023-24|2023, 2024|2023 and 2024|2023; 2024|2023 to 2024|2023 au 2024|2023 ou 2024|"
    "2023 & 24|23|2566|2566 (2023)|B.E. 2566|July 2023|2023 Q1|H1 2023|"
    "1 July 2022 - 30 June 2023|first half of 2023|until 2023|from 2023|from 2023 to|"
    "since 2023|to 2023|2023 onwards|2023+|before 2023|through 2023|by 2023|not 2023|"
    "2023?|~2023|circa 2023|2023 tbc|202|20233|20 23|MMXXIII|TBD|31/12/2023|2023-12-31|"
    "01/04/2023 - 31/03/2024|31 December 2023|year ending 31 December 2023|"
    "Year ended 31 December 2023|12 months of 2023|AEF 2023|2023 AEF|1-12/2023|"
    "Jan-Nov 2023|December to January 2023|Feb to Dec 2023|2021-2023|2021; 2022|"
    "2021, 2022|2021/2022|2021 & 2022|2021\u20132023|2021 au 2023|2021+2022|22|01/01/2022|"
    "2022-01|multiple|various|2022 to present|2022 (partial)|2022\n2023|"
    "01/10/2022 - 31/12/2022"
)

FRAME = (
    "2021 - 2030|2021-2030|2021\u20132030|2021 \u2014 2030|2021 to 2030|2021/2030|"
    "from 2021 to 2030|From 2021 until 2030|2021 through 2030|between 2021 and 2030|"
    "2021 au 2030|de 2021 à 2030|de 2021 a 2030|du 1er janvier 2021 au 31 décembre 2030|"
    "del 1 de enero de 2021 al 31 de diciembre de 2030|01/01/2021 - 31/12/2030|"
    "01/01/2021-31/12/2030|1 January 2021 - 31 December 2030|"
    "1 January 2021 to 31 December 2030|01.01.2021\u201331.12.2030|2021-01-01 to 2030-12-31|"
    "2021-01-01/2030-12-31|January 2021 - December 2030|Jan 2021 to Dec 2030|"
    "Vintages 2021-2030|vintage 2021 to vintage 2030|2021-30|2021\u201330|2021/30|"
    "2021 - 2030 (NDC period)|NDC implementation period 2021-2030|"
    "NDC period 2021 to 2030|2021-2030 inclusive|(2021-2030)|2021-2030*|2021 - 2030.|"
    "Years 2021-2030|calendar years 2021 to 2030|2021 - end of 2030|"
    "start of 2021 to end of 2030|Occurred: from 2021 to 2030|Occurred: 2021-2030|"
    "Occurred: 2021 to 2030|occurred from 2021 to 2030|"
    "Mitigation outcomes occurred from 2021 to 2030|"
    "Use: from 2021 to 2030; Occurred: from 2021 to 2030|"
    "Occurred: from 2021 to 2030; Use: from 2021 to 2035|"
    "Occurred: from 2021 to 2030, Use: from 2021 to 2030|"
    "Occurred: from 2021 to 2030\nUse: from 2021 to 2030|"
    "Occurred: from 2021 to 2030 Use: from 2021 to 2030|"
    "Mitigation outcomes generated from 2021 to 2030|2021  -  2030|periodo 2021-2030|"
    "période 2021-2030|2021 hasta 2030|2021 jusqu'en 2030|"
    "2021, 2022, 2023, 2024, 2025, 2026, 2027, 2028, 2029, 2030|1 Jan 2021-31 Dec 2030|"
    "1/1/2021 - 12/31/2030|January 1, 2021 to December 31, 2030"
)
"""All of them say 2021 to 2030."""

NO_FRAME = (
    "2035|until 2030|up to 2030|from 2021|2021 onwards|2021-|-2030|2030 - 2021|"
    "2021 and 2030|2021, 2030|2021; 2030|2021 or 2030|except 2021-2030|not 2021-2030|"
    "2021-2025 and 2026-2030|2021-2025, 2028-2030|before 2021|after 2030|first NDC|"
    "NDC period|10 years from 2021|10 years|2021 - 2030?|about 2021-2030|21-30|2021-12|"
    "2021/12|2021-2|TBD|unlimited|2021-2030 (extendable)|2021-2030 unless revoked|"
    "2021-2030 or until revoked|2021-2030 with renewal to 2040|five years 2021-2030|"
    "2021-2030 excluding 2025|2566 - 2573|any|see letter|no limit|crediting period|"
    "authorization valid until 31/12/2030|Use: from 2021|issued before 2021 - 2030|"
    "transferred by 2021 to 2030|2021 to 2030 for use by 2035|from letter date to 2030|"
    "not before 2021 and not after 2030|later than 2021, earlier than 2030|"
    "outside 2021-2030"
)

DAY = (
    "25/12/2023|25-12-2023|25.12.2023|25 12 2023|25/12/2023 00:00|25/12/2023 00:00:00|"
    "2023-12-25|2023/12/25|2023.12.25|25 December 2023|25 Dec 2023|25-Dec-2023|"
    "25 Dec. 2023|Dec 25, 2023|Dec. 25, 2023|December 25th, 2023|"
    "Monday, 25 December 2023|Mon 25 Dec 2023|25th of December, 2023|"
    "the 25th December 2023|25th December 2023|25 décembre 2023|25 déc. 2023|"
    "25 DÉCEMBRE 2023|25 diciembre 2023|25 de diciembre de 2023|25 de diciembre del 2023|"
    "25 dic 2023|25 dic. 2023|25-dic-2023|le 25 décembre 2023|lundi 25 décembre 2023|"
    "lunes, 25 de diciembre de 2023|el 25 de diciembre de 2023|2023 December 25|"
    "2023-Dec-25|25/Dec/2023|12/25/2023|25-Dec-23|25 Dec 23|25 Dec '23|December 25, '23|"
    "25/12/2023*|25/12/2023\u00b9|2023-12-25T10:00:00Z|25/12/2023 10:00|25/12/2023 10:00:00|"
    "25/12/ 2023|25 / 12 / 2023|25\u201312\u20132023|25-12-2023 |25/12/2023.|25.12.2023.|20231225|"
    "(25/12/2023)|25 December, 2023|25December2023|25Dec2023|December 25 2023|"
    "2023-12-25 00:00:00|45285|25 DEC 2023|dated 25/12/2023|Date: 25/12/2023|"
    "on 25 December 2023|2023 - 12 - 25"
)
"""All of them say 25 December 2023."""

NO_DAY = (
    "Dec-23|12/2023|2023|December 2023|25/13/2023|31/11/2023|25/12/2023; 26/12/2023|"
    "25/12/2023 - 26/12/2023|25/12/2023 and 26/12/2023|approx 25/12/2023|"
    "before 25/12/2023|25/12/2566|25 ธ\u0e31นวาคม 2566|TBD|to be decided|2023-12|Q4 2023|"
    "end of 2023|25/12/202|25/12/20 23|00/12/2023|25/XII/2023|25/12|Dec 25|"
    "25 Smarch 2023|2023-25-12|0|1/0/1900|not 25/12/2023|25/12/2023?|"
    "25 or 26 December 2023|25/12/2023 (tbc)|after 25/12/2023|pending|2023/2024|"
    "25/12/1823"
)

MONTHS = (
    "janvier|janv.|enero|ene|January|Jan|Jan.",
    "février|févr.|fev|febrero|feb|February",
    "mars|marzo|mar|March|Mar.",
    "avril|avr.|abril|abr|April|Apr",
    "mai|mayo|may|May",
    "juin|junio|jun|June|Jun",
    "juillet|juil.|julio|jul|July|Jul.",
    "août|aout|agosto|ago|August|Aug|Aug.",
    "septembre|sept.|septiembre|setiembre|sep|September|Sept",
    "octobre|oct.|octubre|oct|October",
    "novembre|nov.|noviembre|nov|November",
    "décembre|déc.|diciembre|dic|December|Dec",
)
"""Names of the months in English, French and Spanish."""

MOMENTS = (
    "2023-12-25T10:00:00.000Z|2023-12-25T10:00:00Z|2023-12-25T10:00Z|"
    "2023-12-25T10:00:00+07:00|2023-12-25 10:00:00|2023-12-25T10:00:00.123456Z|"
    "2023-12-25T10:00:00.1234567Z|25/12/2023 10:00 UTC|25/12/2023 10:00|"
    "2023-12-25T10:00:00z|2023-12-25 10:00 UTC|25 December 2023, 10:00|"
    "2023-12-25T10:00:00.000 Z|25/12/2023 10:00 AM"
)


def test_a_year_and_what_says_no_more() -> None:
    found = {text: read_year(text.strip()).value for text in ONE_YEAR.split("|")}
    assert {text: year for text, year in found.items() if year != 2023} == {}


def test_what_is_more_or_less_than_a_year_is_not_read() -> None:
    found = {text: read_year(text.strip()) for text in NO_YEAR.split("|")}
    assert {text: each.value for text, each in found.items() if each.usable} == {}


def test_a_time_frame() -> None:
    found = {text: read_time_frame(text).value for text in FRAME.split("|")}
    wrong = {t: each for t, each in found.items() if each is None or each.occurred != (2021, 2030)}
    assert wrong == {}


def test_a_time_frame_with_an_open_end_or_two_meanings_is_not_read() -> None:
    found = {text: read_time_frame(text) for text in NO_FRAME.split("|")}
    assert {text: each.value for text, each in found.items() if each.usable} == {}


def test_years_of_use_alone() -> None:
    found = read_time_frame("Use: from 2022 to 2031").value
    assert found is not None
    assert (found.occurred, found.used) == (None, (2022, 2031))


def test_a_date() -> None:
    found = {text: read_date(text.strip()).value for text in DAY.split("|")}
    wrong = {t: each for t, each in found.items() if each is None or each.day != date(2023, 12, 25)}
    assert wrong == {}


def test_what_is_no_one_date_is_not_read() -> None:
    found = {text: read_date(text) for text in NO_DAY.split("|")}
    assert {text: each.value for text, each in found.items() if each.usable} == {}


@pytest.mark.parametrize("text", ["01/12/23", "25-12-23", "25.12.23", "23/12/25", "1/2/'23"])
def test_three_short_numbers_are_no_date(text: str) -> None:
    found = read_date(text)
    assert (found.value, found.codes, found.usable) == (None, (Code.DATE_SHORT_YEAR,), False)


def test_months_in_three_languages() -> None:
    found = {
        name: read_date(f"5 {name} 2023").value for names in MONTHS for name in names.split("|")
    }
    months = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split("|")}
    assert {n: each and each.day for n, each in found.items()} == {
        name: date(2023, month, 5) for name, month in months.items()
    }


def test_the_day_of_a_moment() -> None:
    found = {text: read_moment(text).value for text in MOMENTS.split("|")}
    wrong = {t: each for t, each in found.items() if each is None or each.day != date(2023, 12, 25)}
    assert wrong == {}
