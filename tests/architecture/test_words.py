# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No word of a regime stands in the engine, nor in what rulebooks share."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.architecture.sources import ROOT, files, name_of

PARTS: Final = (
    "(?<!com)paris", "kyoto", "vintage", "first.?transfer", "authori[sz]", "approach", "mitigation",
    "emission", "carbon", "greenhouse", "ndc",
)  # fmt: skip
"""Wherever they stand in a word."""
WHOLE: Final = ("cers?", "aaus?", "erus?", "rmus?", "ghg", "periods?")
"""With no letter beside them: most of them stand in other words too."""
WORDS: Final = re.compile(
    rf"{'|'.join(PARTS)}|(?<![a-z])(?:{'|'.join(WHOLE)})(?![a-z])", re.IGNORECASE
)
PLAIN: Final = re.compile("paris|vintage|first_transfer|authorization|approach|ndc", re.IGNORECASE)
"""What a plain search of the engine must not find, wherever it stands: not even in "comparison"."""
ENGINE: Final = (
    "broker/api", "broker/clearing", "broker/ledger", "broker/log", "broker/mailbox", "broker/store",
)  # fmt: skip
NONE_LEFT: Final = (
    *ENGINE, "broker/rulebook/general",
    "registry_node/inbox", "registry_node/ledger", "registry_node/outbox", "registry_node/proposals", "registry_node/verifying",
)  # fmt: skip
SOME_LEFT: Final = {
    "registry_node/api": 12,
    "registry_node/commands": 0,
    "registry_node/store": 12,  # the kinds of messages that a database takes
}
"""How often such a word still stands in a folder: never more; where it is less, write it here."""


def found(folder: str, words: re.Pattern[str] = WORDS) -> list[str]:
    return [
        f"{name_of(path)}:{number}: {match.group(0)}"
        for path in files((folder,), ".py", ".sql")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in words.finditer(line)
    ]


@pytest.mark.parametrize("folder", NONE_LEFT)
def test_no_word_of_a_regime(folder: str) -> None:
    assert files((folder,), ".py")
    assert found(folder) == []


@pytest.mark.parametrize("folder", ENGINE)
def test_farewell_to_one_regime(folder: str) -> None:
    assert found(folder, PLAIN) == []


@pytest.mark.parametrize(
    "pattern", ["adjustments/*.py", "regime/*.py", "reports/*.py", "reports/invariants/*.py"]
)
def test_what_regimes_share_speaks_of_none(pattern: str) -> None:
    """The adjustment ledger, the interface of regimes, and the general reports."""
    shared = sorted((ROOT / "broker").glob(pattern))
    assert shared
    assert [path.name for path in shared if PLAIN.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("folder", SOME_LEFT)
def test_no_more_words_of_a_regime_than_there_were(folder: str) -> None:
    assert len(found(folder)) <= SOME_LEFT[folder]


def test_the_shape_of_a_check_knows_no_word_of_a_regime() -> None:
    text = (ROOT / "broker/rulebook/check.py").read_text(encoding="utf-8")
    assert WORDS.findall(text) == []


def test_the_list_finds_words_in_names_and_in_texts() -> None:
    line = "def first_transfers(NdcPeriod, ndc_period): 'An Authorization of a CER'"
    assert WORDS.findall(line) == ["first_transfer", "Ndc", "ndc", "period", "Authoriz", "CER"]
    assert WORDS.findall("a certain ceremony, concerning periodic records") == []
