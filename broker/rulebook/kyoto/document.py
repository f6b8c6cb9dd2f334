# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The page CHECKS.md, made from the catalogue: `python -m broker.rulebook.kyoto.document`."""

from __future__ import annotations

import sys
from typing import Final

from broker.rulebook.general.document import KEPT_RULES, sections
from broker.rulebook.kyoto.catalogue import CHECKS, VERSION

_HEAD: Final = f"""\
<!-- SPDX-FileCopyrightText: 2026 The clearing-house authors -->
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made by `python -m broker.rulebook.kyoto.document`; do not edit. -->

# Checks of the Kyoto rulebook

Rulebook version: {VERSION}. Checks are judged in this order, and every outcome is kept. An error that
fails or stays inconclusive invalidates the transaction. What carries out each number of the international
transaction log is told by `broker checks show NUMBER`, and stands in `data/log_codes.csv`.

{KEPT_RULES}"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_HEAD, *sections(CHECKS)]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
