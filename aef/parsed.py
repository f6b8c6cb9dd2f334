# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What reading one cell yields: a value and every departure met on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from aef.syntax_codes import Code

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T_co]):
    """A value that was read.

    Attributes:
        value: What is used from now on.
        codes: What was not as the format demands, in the order met.
        usable: False when the value stands for nothing that was read.
    """

    value: T_co
    codes: tuple[Code, ...] = ()
    usable: bool = True
