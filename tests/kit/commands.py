# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Commands of a program, run beside what they speak to."""

from __future__ import annotations

import asyncio

from click import Group
from click.testing import CliRunner, Result


async def ran(program: Group, *words: object) -> Result:
    """Runs a command in a thread, as it has an event loop of its own; it ends as a command does, or the test."""
    done = await asyncio.to_thread(CliRunner().invoke, program, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert "Traceback" not in done.output, done.output
    return done
