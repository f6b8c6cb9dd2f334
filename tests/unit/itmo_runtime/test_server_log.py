# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What gRPC itself would write, with a traceback, when a caller has gone."""

from __future__ import annotations

import importlib
import logging

import pytest


def test_a_caller_that_has_gone_leaves_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    importlib.import_module("itmo.runtime.rpc.server")  # it sets the filter
    log = logging.getLogger("grpc._cython.cygrpc")
    log.error("ExecuteBatchError raised in core by servicer method [/itmo/Submit]")
    log.error("Something else")
    assert [record.getMessage() for record in caplog.records] == ["Something else"]
