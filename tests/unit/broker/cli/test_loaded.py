# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What short commands load in a pipe: nothing that decides where they only ask, or speak to a broker that runs, nothing that draws (0046)."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.broker.cli.kit import set_up
from tests.unit.broker.cli.test_running import started

DECIDES = (
    "broker.app", "broker.serving", "broker.clearing.path.house", "broker.clearing.path.group",
    "broker.store.sqlite_groups", "broker.store.loading", "broker.store.sql", "broker.known_regimes",
    "itmo.runtime.rpc.server", "itmo.tls_request", "alembic", "uvloop", "rich",
)  # fmt: skip
KEEPS = ("broker.store", "sqlalchemy", "itmo.runtime.rpc.server", "alembic", "uvloop")
PARTY = (
    "party",
    "THA",
    "--ndc-start",
    "2021",
    "--ndc-end",
    "2030",
    "--target",
    "multi-year",
    "--method",
    "budget",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    where = tmp_path_factory.mktemp("served")
    place = set_up(where / "b", "--listen", "127.0.0.1:0", "--public", "localhost:7443")
    process = started(place, where)
    try:
        yield place
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def loaded(place: Path, *words: str) -> set[str]:
    """The modules that a command has loaded when it is done."""
    code = (
        "import sys\nfrom broker.cli import root\n"
        "status = root.main(['--dir', *sys.argv[1:]], standalone_mode=False)\n"
        "assert not status, status\nprint(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(place), *words], capture_output=True, text=True, check=True
    )
    return set(ran.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "words", [PARTY, ("transactions",), ("adjustments",), ("registries",)], ids=lambda each: each[0]
)
def test_a_question_and_a_statement_to_a_broker_that_runs_load_nothing_that_decides(
    served: Path, words: tuple[str, ...]
) -> None:
    assert loaded(served, *words) & set(DECIDES) == set()


def test_the_settings_alone_load_no_database() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import broker.settings, sys\nprint(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert set(ran.stdout.split()) & set(KEEPS) == set()
