# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Forms in which the operator writes down what the clearing-house is to know of Parties."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_HASH: Final = re.compile(r"[0-9a-f]{64}")
Criterion = Literal["agreement", "ndc", "authorization", "tracking", "inventory"]
"""What Article 6.2 participation takes (2/CMA.3 annex para 4)."""


def sha256(text: str) -> str:
    """Admits a SHA-256 in hexadecimal.

    Raises:
        ValueError: it is none.
    """
    if _HASH.fullmatch(text) is None:
        raise ValueError("expected a SHA-256: 64 hexadecimal digits, small letters")
    return text


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PeriodForm(_Form):
    """An NDC period."""

    start: int = Field(ge=1990, le=9999, strict=True)
    end: int = Field(ge=1990, le=9999, strict=True)
    target: Literal["single-year", "multi-year"]
    method: Literal["averaging", "trajectory", "budget"]
    first: bool = Field(default=True, strict=True)
    finality: date | None = None


class PartyForm(_Form):
    """What is known of a Party; it takes the place of everything stated before."""

    party: str
    initial_report: date | None = None
    not_eligible: tuple[Criterion, ...] = ()
    ndc_periods: tuple[PeriodForm, ...] = ()


class ApproachForm(_Form):
    """What is known of a cooperative approach; it takes the place of what was stated before."""

    id: str
    title: str
    parties: tuple[str, ...] = Field(min_length=1)
    sectors: tuple[str, ...] = Field(min_length=1)
    activity_types: tuple[str, ...] = Field(min_length=1)
    non_ghg_metric: str = ""
    evidence: tuple[Annotated[str, AfterValidator(sha256)], ...] = ()
    authorization_timing: Literal[
        "any-time", "before-issuance", "up-to-issuance", "before-registration", "up-to-registration"
    ] = "any-time"
