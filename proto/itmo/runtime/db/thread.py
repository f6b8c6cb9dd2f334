# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How asynchronous code reaches a blocking database: whole closures, on one thread.

A hop to a thread per statement costs three to four times the statement (design: reliability,
section 4.1); a hop per transaction costs little, and nothing foreign can be awaited within one.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from itmo.runtime.db.connection import Connection

T = TypeVar("T")
Held = TypeVar("Held", bound=Connection)
Held_co = TypeVar("Held_co", bound=Connection, covariant=True)

# A transaction takes milliseconds; a thread that does not end within this is stuck in the disk.
_JOIN_SECONDS: Final = 10.0


class Runner(Protocol[Held_co]):
    """A connection that closures are run on, one after the other."""

    async def run(self, work: Callable[[Held_co], T]) -> T:
        """Returns what `work` returns for the connection, or raises what it raises."""
        ...

    async def settle(
        self,
        think: Callable[[Held_co], T],
        commit: Callable[[Held_co, T], object],
    ) -> T:
        """Runs `think`, then `commit` on what it returned, and returns that; nothing comes between.

        `think` runs on the thread of the event loop. What is mostly work of the interpreter, and
        short, is done there sooner: two threads that work at once wait for the interpreter's lock
        after each statement and each signature. `commit` waits for the disk, where that holds up
        nobody.
        """
        ...

    async def close(self) -> None:
        """Finishes what was asked for, then closes the connection."""
        ...


Database: TypeAlias = Runner[Connection]
"""That of an engine which does not matter."""


class DatabaseThread(Generic[Held]):
    """A connection on a thread of its own.

    A closure that was handed in runs to its end, also when nobody waits for it any more: cancelling
    the caller never cuts a transaction in half.
    """

    def __init__(self, connection: Held, name: str = "database") -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[tuple[Callable[[Held], Any], asyncio.Future[Any]] | None] = (
            SimpleQueue()
        )
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Held], T]) -> T:
        """Returns what `work` returns for the connection, or raises what it raises."""
        if self._closed:
            raise RuntimeError("the database is closed")
        result: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((work, result))
        return await result

    async def settle(
        self,
        think: Callable[[Held], T],
        commit: Callable[[Held, T], object],
    ) -> T:
        """See `Database.settle`. The thread waits with the connection while the loop has it."""

        def settled(connection: Held) -> T:
            thought: SimpleQueue[T | BaseException] = SimpleQueue()

            def here() -> None:
                try:
                    thought.put(think(connection))
                except BaseException as error:  # noqa: BLE001 - it is raised again on the thread
                    thought.put(error)

            self._loop.call_soon_threadsafe(here)
            found = thought.get()
            if isinstance(found, BaseException):
                raise found
            commit(connection, found)
            return found

        return await self.run(settled)

    async def close(self) -> None:
        """Finishes what was asked for, then closes the connection and ends the thread."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join, _JOIN_SECONDS)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, result = job
            try:
                value = work(self._connection)
            except BaseException as error:  # noqa: BLE001 - it is raised again where it is awaited
                self._answer(_fail, result, error)
            else:
                self._answer(_succeed, result, value)
            # No reference to the last job is kept while waiting for the next.
            del job, work, result
        self._connection.close()

    def _answer(self, settle: Callable[..., None], *facts: object) -> None:
        # When the loop is closed, nobody is left to be told.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(settle, *facts)


def _succeed(result: asyncio.Future[Any], value: object) -> None:
    if not result.done():
        result.set_result(value)


def _fail(result: asyncio.Future[Any], error: BaseException) -> None:
    if isinstance(error, StopIteration):
        error = RuntimeError("the database work raised StopIteration")  # no future can hold one
    if not result.done():
        result.set_exception(error)


class InlineDatabase(Generic[Held]):
    """The same without a thread, for simulations and tests: everything happens in its order."""

    def __init__(self, connection: Held) -> None:
        self._connection = connection

    async def run(self, work: Callable[[Held], T]) -> T:
        """Returns what `work` returns for the connection, or raises what it raises."""
        return work(self._connection)

    async def settle(
        self,
        think: Callable[[Held], T],
        commit: Callable[[Held, T], object],
    ) -> T:
        """See `Database.settle`."""
        found = think(self._connection)
        commit(self._connection, found)
        return found

    async def close(self) -> None:
        """Closes the connection."""
        self._connection.close()
