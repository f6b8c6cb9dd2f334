# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The page CHECKS.md, made from the catalogue: `python -m broker.rulebook.paris.document`."""

from __future__ import annotations

import sys
from typing import Final

from broker.rulebook.general.document import KEPT_RULES, sections
from broker.rulebook.paris.catalogue import CHECKS, VERSION
from broker.rulebook.paris.reporting.report_rules import REPORT_RULES

_HEAD: Final = f"""\
<!-- SPDX-FileCopyrightText: 2026 The clearing-house authors -->
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made by `python -m broker.rulebook.paris.document`; do not edit. -->

# Checks of the Paris rulebook

Rulebook version: {VERSION}. Checks are judged in this order, and every outcome is kept. An error
that fails or stays inconclusive invalidates the transaction; a warning is recorded.

{KEPT_RULES}"""


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD, *sections(CHECKS), _REPORTS, *sections(REPORT_RULES)]
    return "\n".join(parts) + "\n"


_REPORTS: Final = """\
# Checks of reports and holdings

These are judged on what Parties filed and registries hold, not on proposals, and stop no transaction.
"""


if __name__ == "__main__":
    sys.stdout.write(page())
