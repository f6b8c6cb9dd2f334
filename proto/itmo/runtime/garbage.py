# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The garbage collector of a program that runs for years: it does not look at what never goes."""

from __future__ import annotations

import gc
from typing import Final

# New objects between two looks at the youngest, then looks of each generation before one at the next. A
# thousand calls under way are a hundred thousand objects; the standard of 700 looks at all of them again and
# again, which was measured to be half of what a call costs that is refused.
_THRESHOLDS: Final = 10_000, 20, 20


def spare_what_is_loaded() -> None:
    """Exempts everything there is from collection, once a program has started and before it works."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
