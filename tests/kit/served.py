# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A broker in a process of its own that judges by what is named. `python -m tests.kit.served FILE RULEBOOK...`."""

from __future__ import annotations

import sys
from pathlib import Path

from broker.bench.target import main
from broker.known_regimes import regimes_of

if __name__ == "__main__":
    main(Path(sys.argv[1]), regimes_of(sys.argv[2:]))
