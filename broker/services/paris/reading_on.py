# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline is brought to the end of the record before a question of a node is answered from it."""

from __future__ import annotations

from broker.clearing.path.gate import OPERATOR_NODE
from broker.reports.paris.timeline import Timeline
from broker.store.questions import Questions


async def read_to_the_end(timeline: Timeline, questions: Questions) -> None:
    """Reads on in turns, which nobody pays for: each decision is taken in once, whoever asks."""
    while not await questions.ask(OPERATOR_NODE, timeline.read_on):
        pass
