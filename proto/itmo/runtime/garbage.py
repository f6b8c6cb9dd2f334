# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The garbage collector of a program: it does not look again and again at what never goes."""

from __future__ import annotations

import gc
from typing import Final

# New objects between two looks at the youngest, then looks of each generation before one at the next. A
# thousand calls under way are a hundred thousand objects; the standard of 700 looks at all of them again and
# again, which was measured to be half of what a call costs that is refused.
_THRESHOLDS: Final = 10_000, 20, 20


def look_seldom() -> None:
    """Looks for garbage as seldom as is good for a program that loads modules, none of which ever goes."""
    gc.set_threshold(*_THRESHOLDS)


def spare_what_is_loaded() -> None:
    """Exempts everything there is from collection, once a program has started and before it works for years."""
    gc.collect()
    gc.freeze()
    look_seldom()
