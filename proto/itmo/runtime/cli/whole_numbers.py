# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whole numbers on the command line and in files of rows: none is larger than what is made of it holds."""

from __future__ import annotations

from typing import Final

import click

from itmo.limits import MAX_SEQUENCE, MAX_UNITS

_MAX_32_BITS: Final = 2**32 - 1

NUMBER: Final = click.IntRange(1, _MAX_32_BITS)
"""Of a period, a version, a verification; and how many lines are wanted."""
NUMBER_OR_NONE: Final = click.IntRange(0, _MAX_32_BITS)
"""The same, or a code; 0: none is given."""
LARGE_NUMBER: Final = click.IntRange(1, MAX_SEQUENCE)
"""Of what is counted for as long as the network lasts, and serial numbers."""
LARGE_NUMBER_OR_NONE: Final = click.IntRange(0, MAX_SEQUENCE)
"""The same; 0: none is given."""
QUANTITY: Final = click.IntRange(1, MAX_UNITS)
"""Units, or t CO2 eq."""
QUANTITY_OR_NONE: Final = click.IntRange(0, MAX_UNITS)
"""The same; 0: none."""
YEAR: Final = click.IntRange(1990, 9998)
"""A calendar year whose end is a time: times end with the year 9999."""
