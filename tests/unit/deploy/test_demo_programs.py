# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What of the surroundings reaches the programs of the demonstration."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from deploy.demo.programs import Programs


def test_the_engine_reaches_the_programs_and_no_other_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ITMO_BROKER_DATABASE", "postgresql://a/b")
    monkeypatch.setenv("ITMO_BROKER_DIR", "/elsewhere")
    monkeypatch.setenv("https_proxy", "http://proxy")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        given = Programs(Path(name))._environment
    assert given["ITMO_BROKER_DATABASE"] == "postgresql://a/b"
    assert not {"ITMO_BROKER_DIR", "https_proxy"} & set(given)


def test_an_engine_that_is_not_named_is_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITMO_BROKER_DATABASE", "")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        assert "ITMO_BROKER_DATABASE" not in Programs(Path(name))._environment
