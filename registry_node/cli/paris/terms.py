# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Options for what a Paris transaction says beyond its units."""

from __future__ import annotations

import click

claim_option = click.option(
    "--first-transfer/--no-first-transfer",
    "first_transfer",
    default=None,
    help="Claim that it is, or is not, a first transfer; a check compares the claim.",
)


notice_option = click.option(
    "--notice",
    "notice_id",
    default="",
    help="Notice of a crediting programme that this acknowledges (see `notices`).",
)
