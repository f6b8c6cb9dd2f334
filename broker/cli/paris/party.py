# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house is told of a Party."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from broker.cli.paris.stated_facts import (
    CRITERIA,
    party_facts,
    stated_party,
)
from broker.cli.paris.stating import FILE, YES, alone, constant, given, state
from broker.cli.session import session
from broker.cli.stated import confirm_change, show_stated, stated_before
from itmo.runtime.cli.times import DAY
from itmo.runtime.cli.whole_numbers import YEAR

if TYPE_CHECKING:
    from broker.cli.paris.statement_forms import PartyForm
    from itmo.paris.v1 import parties_pb2

_PARTY_HELP: Final = """States what the clearing-house knows of the Party CODE; alone with CODE, shows it.

The statement takes the place of the last one as a whole: say everything that holds. Criteria of
participation count as fulfilled unless you name them. What it would change is shown, and asked about.
Several NDC periods go into a file:

\b
  party: THA
  initial_report: 2021-06-01
  not_eligible: [tracking]      # agreement, ndc, authorization, tracking, inventory
  ndc_periods:
    - {start: 2021, end: 2030, target: single-year, method: averaging}
"""


@click.command(help=_PARTY_HELP)
@click.argument("code", required=False)
@click.option("--file", "file", type=FILE, help="Take it from a YAML file instead of options.")
@click.option("--ndc-start", type=YEAR, help="First year of the NDC period.")
@click.option("--ndc-end", type=YEAR, help="Last year of the NDC period.")
@click.option("--target", type=click.Choice(["single-year", "multi-year"]))
@click.option("--method", type=click.Choice(["averaging", "trajectory", "budget"]))
@click.option("--not-first", is_flag=True, help="It is not the first or first updated NDC.")
@click.option("--finality", type=DAY, help="From this day on nothing is booked in the period.")
@click.option("--initial-report", type=DAY, help="Date of the initial report.")
@click.option(
    "--not-eligible",
    multiple=True,
    type=click.Choice(list(CRITERIA)),
    help="A criterion of 2/CMA.3 annex para 4 that the Party does not fulfil; may be repeated.",
)
@YES
def party(code: str | None, file: Path | None, yes: bool, **options: Any) -> None:  # noqa: ANN401  # click's own types
    """States or shows a Party; see its help text above."""
    from broker.cli.paris.statement_forms import PartyForm
    from itmo.identifiers import parse_party_code
    from itmo.payloads import PayloadKind
    from itmo.runtime.cli.files import read_form

    run = session()
    if file is not None:
        alone(code, options)
        form = read_form(PartyForm, file)
    elif code is not None and not given(options):
        name = parse_party_code(code, "CODE")
        show_stated(run, "party", name, stated_before(run, lambda books: stated_party(books, name)))
        return
    else:
        form = _party_form(code, options)
    statement = _party_statement(form)
    before = stated_before(run, lambda books: stated_party(books, form.party))
    confirm_change(run, form.party, before, party_facts(statement), yes=yes)
    state(PayloadKind.PARTY_STATEMENT, statement, {"party": form.party}, form)


def _party_form(code: str | None, options: dict[str, Any]) -> PartyForm:
    from broker.cli.paris.statement_forms import PartyForm
    from itmo.runtime.cli.files import check_form

    if code is None:
        raise click.UsageError("name the Party, or a file with --file")
    stated = ("ndc_start", "ndc_end", "target", "method")
    missing = [name for name in stated if options[name] is None]
    periods = []
    if len(missing) < len(stated):
        if missing:
            listed = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
            raise click.UsageError(f"an NDC period also needs {listed}")
        periods = [
            {
                "start": options["ndc_start"],
                "end": options["ndc_end"],
                "target": options["target"],
                "method": options["method"],
                "first": not options["not_first"],
                "finality": _day(options["finality"]),
            }
        ]
    tree = {
        "party": code,
        "initial_report": _day(options["initial_report"]),
        "not_eligible": options["not_eligible"],
        "ndc_periods": periods,
    }
    return check_form(PartyForm, tree, "party")


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


def _party_statement(form: PartyForm) -> parties_pb2.PartyStatement:
    from broker.regime.paris.statements import party as reading
    from itmo.paris.v1 import parties_pb2, terms_pb2

    statement = parties_pb2.PartyStatement(
        party=form.party,
        participation=parties_pb2.Participation(
            **{field: name not in form.not_eligible for name, field in CRITERIA.items()}
        ),
        initial_report_date=form.initial_report.isoformat() if form.initial_report else "",
        ndc_periods=[
            parties_pb2.NdcPeriod(
                years=terms_pb2.YearSpan(first=period.start, last=period.end),
                target=parties_pb2.NdcTarget.Value(f"NDC_TARGET_{constant(period.target)}"),
                method=parties_pb2.AdjustmentMethod.Value(
                    f"ADJUSTMENT_METHOD_{constant(period.method)}"
                ),
                first_or_first_updated=period.first,
                finality_date=period.finality.isoformat() if period.finality else "",
            )
            for period in form.ndc_periods
        ],
    )
    reading.party(statement)  # says what is wrong before anything is signed
    return statement
