# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A made-up next version of both programs: a copy of them with two revisions more and one check more.

Programs that are started with its folder first on their path are the later version.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from broker.store import migrate as broker
from registry_node.store import migrate as node
from tests.architecture.sources import ROOT
from tests.kit import later_schema

PACKAGES = ("broker", "registry_node", "proto/itmo")
VERSION = "0.2.0"
_CHECK = """
CHECKS = (*CHECKS, __import__("dataclasses").replace(
    CHECKS[-1], id="FROM_LATER_ON", effective=__import__("datetime").date(2099, 1, 1)))
CATALOGUE = catalogue_of(VERSION, [mechanism.POLICY], CHECKS)
DIGEST = sha256(CATALOGUE).digest()
"""
"""A check that both versions need not know before it applies."""


def path_of(folder: Path) -> str:
    """What PYTHONPATH is for the programs of a folder."""
    return f"{folder}:{folder / 'proto'}"


def make_later_program(folder: Path) -> None:
    """Writes the later version of both programs into a folder."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for schema in (broker.SCHEMA, node.SCHEMA):
        revisions = folder / schema.revisions.relative_to(ROOT)
        later_schema.contracted(replace(schema, revisions=revisions), revisions)
    init = folder / "broker" / "__init__.py"
    init.write_text(init.read_text().replace('"0.1.0"', f'"{VERSION}"'))
    catalogue = folder / "broker" / "rulebook" / "paris" / "catalogue.py"
    catalogue.write_text(catalogue.read_text() + _CHECK)
