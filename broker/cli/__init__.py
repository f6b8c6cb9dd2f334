# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's command line: parse, call, render.

Exit status: 0 done; 1 refused, or a check or verification failed; 2 bad usage, input or
configuration; 3 the broker is not running or cannot be reached; 4 a fault of the program itself;
130 stopped by Ctrl-C.
With --json exactly one JSON value goes to standard output, an error included; sentences for people
go to standard error.
"""

from __future__ import annotations

from broker.cli.root import root

__all__ = ["main", "root"]


def main() -> None:
    """Runs the command line and exits with its status."""
    root.main(prog_name="broker")
