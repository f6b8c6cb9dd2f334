# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A worker: `python -m broker.workers FOLDER DESCRIPTOR NUMBER`; only `broker serve` starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from broker.workers.process import work

if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
