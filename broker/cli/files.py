# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Files in which the operator writes down what the clearing-house is to know: YAML, strict."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from itmo.plain_yaml import read_yaml
from itmo.reasons import ProtocolError, Reason, shown

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


F = TypeVar("F", bound=BaseModel)


def read_form(form: type[F], path: Path) -> F:
    """Reads a YAML file.

    Raises:
        ProtocolError: PAYLOAD_INVALID, saying what is wrong and where.
    """
    tree = read_yaml(path)
    if not isinstance(tree, dict):
        raise _wrong(path, "does not hold names and values")
    return check_form(form, {str(key): value for key, value in tree.items()}, str(path))


def check_form(form: type[F], tree: dict[str, Any], source: str) -> F:
    """Checks what came from a file or from options.

    Raises:
        ProtocolError: PAYLOAD_INVALID, saying what is wrong and where.
    """
    try:
        return form.model_validate(tree)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        found = "" if fault["type"] == "missing" else f", found {shown(fault['input'])}"
        raise _wrong(source, f"{where}: {fault['msg']}{found}") from None


def _wrong(source: object, fault: str) -> ProtocolError:
    return ProtocolError(Reason.PAYLOAD_INVALID, f"{source}: {fault}.", where=str(source))
