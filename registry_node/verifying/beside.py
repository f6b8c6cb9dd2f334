# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Verification while the node goes on: on a connection and a thread of its own."""

from __future__ import annotations

import asyncio
import threading

from registry_node.inbox.opening import Opener
from registry_node.verifying.books import Audit, verify_store
from registry_node.work import Work


class _Gone(Exception):  # noqa: N818  # the name says what happened
    """Whoever asked has gone."""


class Verification:
    """Verifies for one who asks at a time; it takes as much memory as what is stored."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._one = asyncio.Lock()

    async def run(self, opener: Opener) -> Audit:
        """Verifies the store as of one moment; ends soon after its caller has gone."""
        gone = threading.Event()

        def told(*_: object) -> None:
            if gone.is_set():
                raise _Gone

        async with self._one:
            try:
                return await self._work.read_apart(lambda trip: verify_store(trip, opener, told))
            finally:
                gone.set()
