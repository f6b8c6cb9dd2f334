# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The additions of deploy/docs/extending.md, tried on a copy of the code: one place each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.documents import executed_blocks

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("broker", "proto/itmo"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def run(copy: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{copy / 'proto'}"}
    done = subprocess.run(
        [sys.executable, *words], cwd=copy, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def insert(path: Path, before: str, block: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, f"{block}\n{before}"), encoding="utf-8")


def written(name: str) -> str:
    return executed_blocks()[name].text


def test_a_nomenclature_value(copy: Path) -> None:
    insert(
        copy / "proto/itmo/nomenclature.py",
        ')\n"""Item 15."""',
        written("extend-nomenclature").rstrip(),
    )
    said = run(copy, "-c", "from itmo.nomenclature import SECTORS; print(SECTORS)")
    assert "Carbon capture and storage" in said


def test_an_account_type(copy: Path) -> None:
    insert(
        copy / "broker/rulebook/paris/account_types.py",
        "    CANCELLATION_OMGE_VOLUNTARY = (",
        written("extend-account-type"),
    )
    said = run(
        copy,
        "-c",
        "from broker.rulebook.paris.account_types import *\n"
        "from broker.rulebook.paris.account_types import entered_by\n"
        "from broker.rulebook.general.proposal import TransactionType\n"
        "print(AccountType(305).title, 305 in FINAL_ACCOUNT_TYPES,"
        " 305 in entered_by(TransactionType.CANCELLATION), 305 in USED_ACCOUNT_TYPES)",
    )
    assert said.split() == [
        *["mandatory", "cancellation", "for", "overall", "mitigation"], "True", "True", "False",
    ]  # fmt: skip


def test_a_rule(copy: Path) -> None:
    checks = copy / "broker/rulebook/paris"
    (checks / "checks/use/use_year_begun.py").write_text(written("extend-rule"), encoding="utf-8")
    insert(checks / "catalogue.py", "    use_not_host.CHECK,", written("extend-rule-order"))
    insert(checks / "catalogue.py", "    use_not_host,", "    use_year_begun,")
    before = run(ROOT, "-m", "broker.rulebook.paris.document")
    said = run(copy, "-m", "broker.rulebook.paris.document")
    assert "USE_YEAR_BEGUN" in said
    assert "USE_YEAR_BEGUN" not in before
    digest = "from broker.rulebook.paris.catalogue import DIGEST; print(DIGEST.hex())"
    assert run(ROOT, "-c", digest) != run(copy, "-c", digest)
