# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`registry-node aef`: a Party's AEFs, exported and checked in its own office."""

from __future__ import annotations

import click

from office.checking import check
from office.exporting import export


@click.group()
def aef() -> None:
    """Agreed electronic format (AEF, 4/CMA.6 annex II) of the Party: export and check."""


aef.add_command(check)
aef.add_command(export)
