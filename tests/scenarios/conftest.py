# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every story is told once, and whoever looks at its end looks at the same one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.told import FILES, Told, telling, told_of


@pytest.fixture(scope="session", params=told_of(FILES))
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    """A story at its end; pytest has the tests of one story follow each other."""
    with telling(request.param) as told:
        yield told
