# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker bench`: what this machine clears per second, and the floor measured in the same run."""

from typing import Final

# Each pair has a registry of either Party, and two digits tell those of a Party apart.
MAX_PAIRS: Final = 99
