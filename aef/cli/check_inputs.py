# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Files with what `aef check` is told besides the submissions: YAML, strict."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import click
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from aef.checks.cooperative_approaches import Approach
from aef.checks.summaries import GHG, StructuredSummary
from itmo.parties import ALPHA2
from itmo.runtime.cli.files import read_form

_APPROACH: Final = re.compile(r"CA([0-9]{4}|[0-9]{6})", re.ASCII)
_PARTY_YEAR: Final = re.compile(r"([A-Z]{3}):([0-9]{4})", re.ASCII)


def _approach_id(text: str) -> str:
    """Admits an id in its older or newer form; both become six digits.

    Raises:
        ValueError: it is none.
    """
    found = _APPROACH.fullmatch(text)
    if found is None:
        raise ValueError("expected CA and six digits, such as CA000003")
    return f"CA{int(found[1]):06d}"


_Party = Annotated[str, Field(pattern="^[A-Z]{3}$")]
_Year = Annotated[int, Field(ge=2021, le=9999, strict=True)]
_Total = Annotated[int | None, Field(strict=True)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _ApproachForm(_Form):
    id: Annotated[str, AfterValidator(_approach_id)]
    title: str = ""
    parties: tuple[_Party, ...] = Field(min_length=1)
    complete: bool = Field(default=True, strict=True)


class ApproachesForm(_Form):
    """Cooperative approaches and who takes part in them."""

    approaches: tuple[_ApproachForm, ...]


class _SummaryForm(_Form):
    party: _Party
    year: _Year
    metric: Annotated[str, Field(min_length=1)] = GHG
    first_transferred: _Total = None
    other_purposes: _Total = None
    used: _Total = None
    net: _Total = None
    adjustment: _Total = None


class SummariesForm(_Form):
    """Yearly aggregates of structured summaries (2/CMA.3 annex para 23)."""

    summaries: tuple[_SummaryForm, ...]


def read_approaches(path: Path) -> list[Approach]:
    """Reads a list of cooperative approaches.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    return [
        Approach(each.id, each.title, frozenset(each.parties), each.complete)
        for each in read_form(ApproachesForm, path).approaches
    ]


def read_summaries(path: Path) -> list[StructuredSummary]:
    """Reads structured summaries.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    return [
        StructuredSummary(**each.model_dump()) for each in read_form(SummariesForm, path).summaries
    ]


def first_years(texts: Iterable[str]) -> dict[str, int]:
    """Reads the first years of Parties, such as THA:2023.

    Raises:
        click.BadParameter: one is none, or a Party has two.
    """
    found: dict[str, int] = {}
    for text in texts:
        read = _PARTY_YEAR.fullmatch(text)
        if read is None or read[1] not in ALPHA2:
            raise click.BadParameter(
                f"{text!r} is no Party and year such as THA:2023", param_hint="--first"
            )
        if found.setdefault(read[1], int(read[2])) != int(read[2]):
            raise click.BadParameter(
                f"{read[1]} has two first years, {found[read[1]]} and {read[2]}; state one",
                param_hint="--first",
            )
    return found
