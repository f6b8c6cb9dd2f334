# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Files in which the operator writes something down: YAML, strict."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from itmo.plain_yaml import read_yaml
from itmo.reasons import ProtocolError, Reason, shown

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
