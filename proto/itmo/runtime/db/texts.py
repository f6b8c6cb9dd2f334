# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What statements ask of texts and engines say each in its own way."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class before_colon(FunctionElement[str]):  # noqa: N801 - a function, as Core names them
    """What stands before the first colon of a text; nothing where there is none."""

    name = "before_colon"
    inherit_cache = True
    type = Text()


@compiles(before_colon, "sqlite")
def _sqlite(element: before_colon, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - of Core
    text = compiler.process(element.clauses, **how)
    return f"substr({text}, 1, instr({text}, ':') - 1)"


@compiles(before_colon, "postgresql")
def _postgresql(element: before_colon, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - of Core
    text = compiler.process(element.clauses, **how)
    return f"substr({text}, 1, greatest(instr({text}, ':') - 1, 0))"
