# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What tests build is on the engine that their run plays on, whether for one test or for all of a module."""

from __future__ import annotations

import asyncio

import pytest

from itmo.runtime.db.migrations import in_file
from tests.kit.clearing import trading_world
from tests.kit.engine import on_sqlite
from tests.kit.postgres import played_on_server


async def built_in_file() -> bool:
    world = await trading_world()
    await world.house.stop()
    found = in_file(world.connection)
    world.connection.close()
    return found


@pytest.fixture(scope="module")
def of_module() -> bool:
    return asyncio.run(built_in_file())


@pytest.fixture(scope="module")
def of_module_on_sqlite() -> bool:
    with on_sqlite("the test is about it"):
        return asyncio.run(built_in_file())


async def test_what_one_test_or_a_module_builds_is_on_the_engine_of_the_run(
    *, of_module: bool
) -> None:
    assert of_module is await built_in_file() is not played_on_server()


@pytest.mark.on_sqlite("the test is about it")
async def test_what_has_a_reason_stays_on_sqlite(*, of_module_on_sqlite: bool) -> None:
    assert of_module_on_sqlite
    assert await built_in_file()
