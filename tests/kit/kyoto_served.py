# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A broker in a process of its own that judges by Kyoto alone. `python -m tests.kit.kyoto_served FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from broker.bench.target import main
from tests.kit.kyoto_playing import REGIMES

if __name__ == "__main__":
    main(Path(sys.argv[1]), REGIMES)
