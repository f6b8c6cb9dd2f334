# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Names of months and days of the week in the languages in which Parties file, and plain forms of text."""

from __future__ import annotations

import unicodedata
from typing import Final

LAST_MONTH: Final = 12
LAST_DAY: Final = 31

_NAMES: Final = (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "janv fevr mars avr mai juin juil aout sept oct nov dec",
    "jan fev mars avr mai juin juill aout sept oct nov dec",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ene feb mar abr may jun jul ago set oct nov dic",
    "enero febrero marzo abril mayo junio julio agosto setiembre octubre noviembre diciembre",
)
"""English, French and Spanish, whole and short, without accents; each row in the order of the year."""
_MONTHS: Final = {name: number for names in _NAMES for number, name in enumerate(names.split(), 1)}
WEEKDAYS: Final = frozenset(
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "mon",
        "tue",
        "tues",
        "wed",
        "thu",
        "thur",
        "thurs",
        "fri",
        "sat",
        "sun",
        "lundi",
        "mardi",
        "mercredi",
        "jeudi",
        "vendredi",
        "samedi",
        "dimanche",
        "lunes",
        "martes",
        "miercoles",
        "jueves",
        "viernes",
        "sabado",
        "domingo",
    ]
)
"""A day of the week beside a date says nothing more."""
_DASHES: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_QUOTES: Final = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4`"), "'")
_LIKE_OTHERS: Final = {**_DASHES, **_QUOTES, ord("\u2082"): "2"}
FOOTNOTE_MARKS: Final = "*\u2020\u2021\u00b9\u00b2\u00b3\u2070\u2074\u2075\u2076\u2077\u2078\u2079"
_NO_MARKS: Final = str.maketrans("", "", FOOTNOTE_MARKS)


def month_of(name: str) -> int:
    """Returns the number of a month by its name in plain form; 0 for what names none."""
    return _MONTHS.get(name, 0)


def plain_text(text: str, *, folded: bool = True) -> str:
    """Returns a text without accents and footnote marks, with one kind of dash, quote and space.

    Args:
        text: The text.
        folded: Whether in small letters.
    """
    apart = unicodedata.normalize("NFD", text.translate(_LIKE_OTHERS).translate(_NO_MARKS))
    whole = "".join(one for one in apart if not unicodedata.combining(one))
    return " ".join((whole.casefold() if folded else whole).split())
