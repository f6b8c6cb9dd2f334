# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The agreed electronic format: drawn from the ledger, and checked."""

from __future__ import annotations

import click

from broker.cli.paris.aef_check import check
from broker.cli.paris.aef_export import export


@click.group()
def aef() -> None:
    """Agreed electronic format (AEF, 4/CMA.6 annex II) of Parties: export and check."""


aef.add_command(check)
aef.add_command(export)
