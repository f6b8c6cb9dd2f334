# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What every test needs: the log set-up of one test never reaches the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

import itmo.runtime.rpc  # noqa: F401  # before gRPC: sets which TLS it takes


@pytest.fixture(autouse=True)
def _fresh_log_configuration() -> Iterator[None]:
    yield
    structlog.reset_defaults()
