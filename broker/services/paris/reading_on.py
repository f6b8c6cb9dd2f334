# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline is brought to the end of the record before a question of a node is answered from it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import structlog

from broker.clearing.path.gate import OPERATOR_NODE
from broker.reports.paris.timeline import Timeline
from broker.store.log_head import log_size
from broker.store.questions import Questions
from itmo.runtime.db.connection import Connection

TOLD_AFTER_SECONDS: Final = 2.0
"""Nobody need be told of a shorter wait."""
TOLD_EVERY_SECONDS: Final = 30.0
_log: Final = structlog.get_logger()


async def read_to_the_end(
    timeline: Timeline, questions: Questions, clock: Callable[[], float] = time.monotonic
) -> None:
    """Reads on in turns, which nobody pays for: each decision is taken in once, whoever asks.

    Where it takes long, the log says how far it is.
    """
    began = clock()
    told: float | None = None
    while True:
        done, decisions, of = await questions.ask(OPERATOR_NODE, lambda each: _turn(timeline, each))
        now = clock()
        late = now - (began if told is None else told)
        if done:
            break
        if late >= (TOLD_AFTER_SECONDS if told is None else TOLD_EVERY_SECONDS):
            _log.info("timeline_being_read", decisions=decisions, of=of)
            told = now
    if told is not None:
        _log.info("timeline_read", decisions=decisions, seconds=round(now - began))


def _turn(timeline: Timeline, ledger: Connection) -> tuple[bool, int, int]:
    done = timeline.read_on(ledger)
    return done, timeline.decisions(ledger), log_size(ledger)
