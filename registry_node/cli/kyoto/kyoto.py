# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto`: accounts and transactions under the rulebook of that name."""

from __future__ import annotations

from typing import Final

import click

from registry_node.cli.kyoto.bring_in import bring_in
from registry_node.cli.kyoto.cancel import cancel
from registry_node.cli.kyoto.carry_over import carry_over
from registry_node.cli.kyoto.change_expiry import change_expiry
from registry_node.cli.kyoto.convert import convert
from registry_node.cli.kyoto.issue import issue
from registry_node.cli.kyoto.open_account import open_account
from registry_node.cli.kyoto.replace import replace
from registry_node.cli.kyoto.retire import retire
from registry_node.cli.kyoto.transfer import transfer
from registry_node.cli.kyoto.transition import transition

COMMANDS: Final[tuple[click.Command, ...]] = (
    bring_in, cancel, carry_over, change_expiry, convert, issue, open_account, replace, retire, transfer,
    transition,
)  # fmt: skip


@click.group(commands=COMMANDS)
def kyoto() -> None:
    """Opens accounts and proposes transactions under the rulebook kyoto."""
