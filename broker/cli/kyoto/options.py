# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Values that several commands of the rulebook kyoto take."""

from __future__ import annotations

from typing import Final

from itmo.kyoto_words import ACTIVITIES, TRACKS
from itmo.runtime.cli.codes import Code

ACTIVITY: Final = Code("land-use activity", ACTIVITIES)
TRACK: Final = Code("track", TRACKS)
