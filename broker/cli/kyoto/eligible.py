# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto eligible`: whether a Party may take part in the mechanisms."""

from __future__ import annotations

import click

from broker.cli.kyoto.stating import state


@click.command()
@click.argument("party")
@click.option("--no-longer", is_flag=True, help="It is not, or not any more.")
@click.option("--no-cers", is_flag=True, help="It is, but may not use CERs.")
def eligible(party: str, no_longer: bool, no_cers: bool) -> None:
    """States that a PARTY may take part in the mechanisms."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.Eligibility(party=party, eligible=not no_longer, no_cers=no_cers)
    state(f"Eligibility of {party}", statements_pb2.KyotoStatement(eligibility=said))
