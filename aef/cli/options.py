# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The options of `aef check` and `aef export`, which both programs have."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import click

from aef.years import REPORTED_YEARS

FORMATS: Final = ("xlsx", "json")
_VERSION: Final = re.compile(r"[1-9][0-9]{0,5}\.(0|[1-9][0-9]{0,5})", re.ASCII)
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)

_Function: TypeAlias = Callable[..., Any]


def _version(_: click.Context, __: click.Parameter, text: str) -> str:
    if _VERSION.fullmatch(text) is None:
        raise click.BadParameter(f"{text!a} is no version such as 1.0")
    return text


_CHECK: Final = (
    click.argument("files", nargs=-1, type=_FILE, metavar="[FILE]..."),
    click.option(
        "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page, too."
    ),
    click.option(
        "--approaches", type=_FILE, help="YAML: cooperative approaches and their Parties."
    ),
    click.option(
        "--summary", "summaries", type=_FILE, multiple=True,
        help="YAML: structured summaries, for IRC01.",
    ),
    click.option(
        "--first", "first_reports", multiple=True, metavar="PARTY:YEAR",
        help="The Party has nothing to report before this year.",
    ),
    click.option(
        "--skip", multiple=True, metavar="CHECK", help="Leave out a check, such as IRC01."
    ),
    click.option("--ledger", is_flag=True, help="Add what Parties' AEFs will say by the ledger."),
    click.option("--party", help="With --ledger: of this Party only."),
    click.option(
        "--year", type=click.IntRange(2021, 9998), help="With --ledger: up to this year."
    ),
)  # fmt: skip
_EXPORT: Final = (
    click.option("--party", metavar="CODE", help="The Party."),
    click.option(
        "--year", type=click.IntRange(REPORTED_YEARS.start, REPORTED_YEARS.stop - 1),
        help="The reported year.",
    ),
    click.option(
        "--all", "everything", is_flag=True,
        help="Every Party and year of the record, or those of --party or --year.",
    ),
    click.option(
        "--out", type=click.Path(path_type=Path),
        help="File, or with --all folder, to write to; the present folder where not given.",
    ),
    click.option(
        "--format", "kind", type=click.Choice(FORMATS), help="By default that of --out, or xlsx."
    ),
    click.option(
        "--version", default="1.0", show_default=True, callback=_version,
        help="Version of the submission.",
    ),
    click.option(
        "--unmerged", is_flag=True,
        help="Merge no cells of a workbook: every column has its heading in one row, for programs.",
    ),
    click.option("--force", is_flag=True, help="Write over files that exist."),
)  # fmt: skip


def check_options(function: _Function) -> _Function:
    """Gives a command the arguments and options of `aef check`."""
    return _given(function, _CHECK)


def export_options(function: _Function) -> _Function:
    """Gives a command the options of `aef export`."""
    return _given(function, _EXPORT)


def _given(function: _Function, options: tuple[Callable[[_Function], _Function], ...]) -> _Function:
    for option in reversed(options):
        function = option(function)
    return function
