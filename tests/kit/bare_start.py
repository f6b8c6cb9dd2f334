# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How fast this machine starts a program, whatever the program is: figures in seconds hold for machines that are not slow."""

from __future__ import annotations

import resource
import subprocess
import sys
from typing import Final

STARTS: Final = 4
"""So many bare starts a `status` may cost on a slow machine; where one takes an eighth of a second, that is the half that is asked."""


def bare_start() -> float:
    """Processor time of Python with gRPC and Protocol Buffers, in seconds; the least of three."""
    costs = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", "import google.protobuf, grpc"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(costs)
