# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto project`: a project whose units may be converted or issued."""

from __future__ import annotations

from typing import Final

import click

from broker.cli.kyoto.options import TRACK
from broker.cli.kyoto.stating import state
from itmo.runtime.cli.whole_numbers import QUANTITY_OR_NONE

_MECHANISMS: Final = {"ji": "JOINT_IMPLEMENTATION", "cdm": "CLEAN_DEVELOPMENT"}


@click.command()
@click.argument("project")
@click.option("--mechanism", type=click.Choice(list(_MECHANISMS)), default="ji", show_default=True)
@click.option("--track", type=TRACK, help="1 or 2; left out, either. Of JI alone.")
@click.option("--status", type=click.Choice(["registered", "suspended", "deregistered"]),
              default="registered", show_default=True)  # fmt: skip
@click.option("--land-use", is_flag=True, help="It is one of land use.")
@click.option("--exempt", is_flag=True, help="Its host is spared the share for adaptation.")
@click.option("--programme", default="", help="Its programme of activities, such as IND9876.")
@click.option("--title", default="")
@click.option("--yearly-reductions", type=QUANTITY_OR_NONE, default=0, metavar="TONNES",
              help="On average in the first crediting period; of CDM alone.")  # fmt: skip
@click.option("--registered", default="", metavar="DAY", help="When it was registered: 2014-05-01.")
def project(
    project: str,
    mechanism: str,
    track: int | None,
    status: str,
    land_use: bool,
    exempt: bool,
    programme: str,
    title: str,
    yearly_reductions: int,
    registered: str,
) -> None:
    """States that a PROJECT such as UKR1000022 is known: host Party and number."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.Project(
        project=project,
        mechanism=statements_pb2.Mechanism.Value(f"MECHANISM_{_MECHANISMS[mechanism]}"),
        track=track or 0,  # type: ignore[arg-type]  # a code, as the option read it
        status=statements_pb2.ProjectStatus.Value(f"PROJECT_STATUS_{status.upper()}"),
        land_use=land_use,
        exempt_from_share=exempt,
        programme=programme,
        title=title,
        yearly_reductions=yearly_reductions,
        registered_on=registered,
    )
    state(f"Project {project}", statements_pb2.KyotoStatement(project=said))
