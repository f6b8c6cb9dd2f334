# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Values that several commands of the rulebook kyoto take."""

from __future__ import annotations

from typing import Final

import click

from itmo.kyoto_words import ACTIVITIES, TRACKS
from itmo.limits import MAX_UNITS
from itmo.runtime.cli.codes import Code

QUANTITY: Final = click.IntRange(1, MAX_UNITS)
"""Units, or t CO2 eq."""
NUMBER: Final = click.IntRange(1)
"""Of a period, or of a verification."""
ACTIVITY: Final = Code("land-use activity", ACTIVITIES)
TRACK: Final = Code("track", TRACKS)
