# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house is told of a cooperative approach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from broker.cli.paris.stated_facts import (
    approach_facts,
    stated_approach,
)
from broker.cli.paris.stating import FILE, YES, alone, constant, given, state
from broker.cli.session import Session, session
from broker.cli.stated import Facts, confirm_change, show_stated, stated_before

if TYPE_CHECKING:
    from broker.cli.paris.statement_forms import ApproachForm
    from itmo.paris.v1 import approaches_pb2

TIMINGS: Final = (
    "any-time",
    "before-issuance",
    "up-to-issuance",
    "before-registration",
    "up-to-registration",
)
"""By when units are authorized; see itmo.paris.v1.AuthorizationTiming."""
_APPROACH_HELP: Final = """States what the clearing-house knows of the cooperative approach ID.

Alone with ID, it shows what was stated last. A statement takes the place of the last one as a whole;
what it would change is shown, and asked about.

\b
  id: CA0003
  title: E-buses in Bangkok
  parties: [THA, CHE]
  sectors: [Transportation]
  activity_types: [Transport]
  evidence: [<SHA-256 of each document on file>]
  authorization_timing: any-time   # before- or up-to-issuance, before- or up-to-registration
"""


@click.command(help=_APPROACH_HELP)
@click.argument("approach_id", metavar="[ID]", required=False)
@click.option("--file", "file", type=FILE, help="Take it from a YAML file instead of options.")
@click.option("--title", help="Its name.")
@click.option("--parties", metavar="A,B", help="Participating Parties.")
@click.option("--sectors", metavar="A,B", help="Sectors.")
@click.option("--activity-types", metavar="A,B", help="Activity types.")
@click.option("--non-ghg-metric", help="Name of the metric, where it is not t CO2 eq.")
@click.option(
    "--evidence",
    multiple=True,
    metavar="SHA256",
    help="SHA-256 of a mitigation outcome document on file; may be repeated.",
)
@click.option(
    "--authorization-timing",
    type=click.Choice(TIMINGS),
    help="By when units are authorized; default: any-time.",
)
@YES
def approach(approach_id: str | None, file: Path | None, yes: bool, **options: Any) -> None:  # noqa: ANN401  # click's own types
    """States or shows a cooperative approach; see its help text above."""
    from broker.cli.paris.statement_forms import ApproachForm
    from itmo.payloads import PayloadKind
    from itmo.runtime.cli.files import read_form

    run = session()
    if file is not None:
        alone(approach_id, options)
        form = read_form(ApproachForm, file)
    elif approach_id is not None and not given(options):
        show_stated(run, "approach", approach_id, _approach_before(run, approach_id))
        return
    else:
        form = _approach_form(approach_id, options)
    statement = _approach_statement(form)
    before = _approach_before(run, form.id)
    confirm_change(run, form.id, before, approach_facts(statement), yes=yes)
    state(
        PayloadKind.COOPERATIVE_APPROACH_STATEMENT,
        statement,
        {"cooperative_approach": form.id},
        form,
    )


def _approach_before(run: Session, approach_id: str) -> Facts | None:
    from itmo.identifiers import parse_cooperative_approach_id

    name = parse_cooperative_approach_id(approach_id, "ID")
    return stated_before(run, lambda books: stated_approach(books, name))


def _approach_form(approach_id: str | None, options: dict[str, Any]) -> ApproachForm:
    from broker.cli.paris.statement_forms import ApproachForm
    from itmo.runtime.cli.files import check_form

    if approach_id is None:
        raise click.UsageError("name the cooperative approach, or a file with --file")
    stated = ("title", "parties", "sectors", "activity_types")
    missing = [f"--{name.replace('_', '-')}" for name in stated if not options[name]]
    if missing:
        raise click.UsageError(f"a cooperative approach also needs {', '.join(missing)}")
    tree = {
        "id": approach_id,
        "title": options["title"],
        "parties": _listed(options["parties"]),
        "sectors": _listed(options["sectors"]),
        "activity_types": _listed(options["activity_types"]),
        "non_ghg_metric": options["non_ghg_metric"] or "",
        "evidence": options["evidence"],
        "authorization_timing": options["authorization_timing"] or "any-time",
    }
    return check_form(ApproachForm, tree, "approach")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _approach_statement(form: ApproachForm) -> approaches_pb2.CooperativeApproachStatement:
    from broker.regime.paris.statements import approach as reading
    from itmo.paris.v1 import approaches_pb2, attributes_pb2

    statement = approaches_pb2.CooperativeApproachStatement(
        cooperative_approach=form.id,
        title=form.title,
        parties=form.parties,
        sectors=form.sectors,
        activity_types=form.activity_types,
        metric=attributes_pb2.METRIC_NON_GHG if form.non_ghg_metric else attributes_pb2.METRIC_GHG,
        non_ghg_metric=form.non_ghg_metric,
        evidence_hashes=[bytes.fromhex(each) for each in form.evidence],
        authorization_timing=approaches_pb2.AuthorizationTiming.Value(
            f"AUTHORIZATION_TIMING_{constant(form.authorization_timing)}"
        ),
    )
    reading.approach(statement)  # as above
    return statement
