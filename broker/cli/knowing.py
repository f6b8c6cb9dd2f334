# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house is told by its operator: Parties and cooperative approaches."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from broker.cli.adjusting import YEAR
from broker.cli.commanding import BrokerCommand
from broker.cli.session import Session, session
from broker.cli.stated import (
    CRITERIA,
    Facts,
    approach_facts,
    confirm_change,
    party_facts,
    show_stated,
    stated_approach,
    stated_before,
    stated_party,
)
from itmo.runtime.cli.times import DAY

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from broker.cli.files import ApproachForm, PartyForm
    from broker.settings import BrokerSettings
    from itmo.core.v1 import decision_pb2, statements_pb2
    from itmo.payloads import PayloadKind

_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
TIMINGS: Final = (
    "any-time",
    "before-issuance",
    "up-to-issuance",
    "before-registration",
    "up-to-registration",
)
"""By when units are authorized; see itmo.core.v1.AuthorizationTiming."""

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


_YES: Final = click.option("--yes", is_flag=True, help="Replace what was stated without asking.")


@click.command(cls=BrokerCommand, help=_PARTY_HELP)
@click.argument("code", required=False)
@click.option("--file", "file", type=_FILE, help="Take it from a YAML file instead of options.")
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
@_YES
def party(code: str | None, file: Path | None, yes: bool, **options: Any) -> None:  # noqa: ANN401  # click's own types
    """States or shows a Party; see its help text above."""
    from broker.cli.files import PartyForm, read_form
    from itmo.identifiers import parse_party_code
    from itmo.payloads import PayloadKind

    run = session()
    if file is not None:
        _alone(code, options)
        form = read_form(PartyForm, file)
    elif code is not None and not _given(options):
        name = parse_party_code(code, "CODE")
        show_stated(run, "party", name, stated_before(run, lambda books: stated_party(books, name)))
        return
    else:
        form = _party_form(code, options)
    statement = _party_statement(form)
    before = stated_before(run, lambda books: stated_party(books, form.party))
    confirm_change(run, form.party, before, party_facts(statement), yes=yes)
    _state(PayloadKind.PARTY_STATEMENT, statement, {"party": form.party}, form)


@click.command(cls=BrokerCommand, help=_APPROACH_HELP)
@click.argument("approach_id", metavar="[ID]", required=False)
@click.option("--file", "file", type=_FILE, help="Take it from a YAML file instead of options.")
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
@_YES
def approach(approach_id: str | None, file: Path | None, yes: bool, **options: Any) -> None:  # noqa: ANN401  # click's own types
    """States or shows a cooperative approach; see its help text above."""
    from broker.cli.files import ApproachForm, read_form
    from itmo.payloads import PayloadKind

    run = session()
    if file is not None:
        _alone(approach_id, options)
        form = read_form(ApproachForm, file)
    elif approach_id is not None and not _given(options):
        show_stated(run, "approach", approach_id, _approach_before(run, approach_id))
        return
    else:
        form = _approach_form(approach_id, options)
    statement = _approach_statement(form)
    before = _approach_before(run, form.id)
    confirm_change(run, form.id, before, approach_facts(statement), yes=yes)
    _state(
        PayloadKind.COOPERATIVE_APPROACH_STATEMENT,
        statement,
        {"cooperative_approach": form.id},
        form,
    )


def _approach_before(run: Session, approach_id: str) -> Facts | None:
    from itmo.identifiers import parse_cooperative_approach_id

    name = parse_cooperative_approach_id(approach_id, "ID")
    return stated_before(run, lambda books: stated_approach(books, name))


def _given(options: dict[str, Any]) -> list[str]:
    return [key for key, value in options.items() if value not in (None, False, (), "")]


def _alone(name: str | None, options: dict[str, Any]) -> None:
    if name is not None or _given(options):
        raise click.UsageError("--file says everything; leave the name and the other options out")


def _party_form(code: str | None, options: dict[str, Any]) -> PartyForm:
    from broker.cli.files import PartyForm, check_form

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


def _approach_form(approach_id: str | None, options: dict[str, Any]) -> ApproachForm:
    from broker.cli.files import ApproachForm, check_form

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


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


def _party_statement(form: PartyForm) -> statements_pb2.PartyStatement:
    from broker.regime.paris import reading
    from itmo.core.v1 import statements_pb2 as pb

    statement = pb.PartyStatement(
        party=form.party,
        participation=pb.Participation(
            **{field: name not in form.not_eligible for name, field in CRITERIA.items()}
        ),
        initial_report_date=form.initial_report.isoformat() if form.initial_report else "",
        ndc_periods=[
            pb.NdcPeriod(
                years=pb.YearSpan(first=period.start, last=period.end),
                target=pb.NdcTarget.Value(f"NDC_TARGET_{_constant(period.target)}"),
                method=pb.AdjustmentMethod.Value(f"ADJUSTMENT_METHOD_{_constant(period.method)}"),
                first_or_first_updated=period.first,
                finality_date=period.finality.isoformat() if period.finality else "",
            )
            for period in form.ndc_periods
        ],
    )
    reading.party(statement)  # says what is wrong before anything is signed
    return statement


def _approach_statement(form: ApproachForm) -> statements_pb2.CooperativeApproachStatement:
    from broker.regime.paris import reading
    from itmo.core.v1 import statements_pb2, units_pb2

    statement = statements_pb2.CooperativeApproachStatement(
        cooperative_approach=form.id,
        title=form.title,
        parties=form.parties,
        sectors=form.sectors,
        activity_types=form.activity_types,
        metric=units_pb2.METRIC_NON_GHG if form.non_ghg_metric else units_pb2.METRIC_GHG,
        non_ghg_metric=form.non_ghg_metric,
        evidence_hashes=[bytes.fromhex(each) for each in form.evidence],
        authorization_timing=statements_pb2.AuthorizationTiming.Value(
            f"AUTHORIZATION_TIMING_{_constant(form.authorization_timing)}"
        ),
    )
    reading.approach(statement)  # as above
    return statement


def _constant(text: str) -> str:
    return text.upper().replace("-", "_")


def _state(
    kind: PayloadKind, statement: Message, name: dict[str, str], form: PartyForm | ApproachForm
) -> None:
    run = session()
    receipt = asyncio.run(submit(run.settings(), kind, statement))
    stated = form.model_dump(mode="json")
    facts = {**name, "log_index": receipt.log_index, "stated": stated}
    told = next(iter(name.values()))
    run.show(
        facts,
        lambda screen: screen.line(f"{told} is stated, decision {receipt.log_index} of the log."),
    )


async def submit(
    settings: BrokerSettings, kind: PayloadKind, statement: Message
) -> decision_pb2.Receipt:
    """States something as the operator; the broker runs or not."""
    from broker.cli.access import operator_desk_of

    async with operator_desk_of(settings) as desk:
        return await desk.state(kind, statement)
