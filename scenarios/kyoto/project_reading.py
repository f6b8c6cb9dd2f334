# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of projects: who verified them, what is asked for and paid, and where their units may go."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from broker.rulebook.kyoto.codes import Mechanism, ProjectStatus
from itmo.identifiers import parse_party_code
from itmo.reasons import shown
from scenarios.fields import Fields
from scenarios.kyoto import defaults
from scenarios.kyoto.codes import quantity, track
from scenarios.kyoto.model import ProjectSpec, RequestSpec, VerificationSpec
from scenarios.names import Names
from scenarios.values import Value

_NUMBER: Final = re.compile(r"([A-Z]{2,3})?[-_ ]?([1-9][0-9]{0,6})", re.ASCII)
_MECHANISMS: Final = {"JI": Mechanism.JOINT_IMPLEMENTATION, "CDM": Mechanism.CLEAN_DEVELOPMENT}
_STATUSES: Final = {each.name.lower(): each for each in ProjectStatus}


def projects(value: Value, names: Names) -> dict[str, ProjectSpec]:
    """Projects under the names that the file gives them."""
    read = {}
    for key, body in value.entries():
        name = key.text()
        fields = Fields(
            body,
            optional="host mechanism track status land_use exempt programme title verifications"
            " requests letters registered",
        )
        spec = ProjectSpec(
            project=_project(name, key, fields),
            mechanism=fields.maybe("mechanism", lambda v: v.choice(_MECHANISMS)),
            track=fields.maybe("track", track),
            status=fields.default(
                "status", lambda v: v.choice(_STATUSES), ProjectStatus.REGISTERED
            ),
            land_use=fields.default("land_use", Value.boolean, False),
            exempt=fields.default("exempt", Value.boolean, False),
            programme="",
            title=fields.default("title", Value.text, ""),
            verifications=fields.default("verifications", _verifications, ()),
            requests=fields.maybe("requests", _requests),
            letters=fields.maybe("letters", lambda v: tuple(map(names.party, v.items()))),
            registered=fields.maybe("registered", Value.date),
            line=key.line,
        )
        names.projects[name] = spec.project
        names.counted[spec.project, "request"] = len(spec.requests or ())
        programme = fields.maybe("programme", names.project)
        read[name] = replace(spec, programme=programme or "")
    return read


def _project(name: str, key: Value, fields: Fields) -> str:
    """Host Party and number: the number is the end of the name."""
    parts = _NUMBER.fullmatch(name)
    if parts is None:
        key.fault(f"found {shown(name)}, expected letters and a number such as NZ-1001")
        return ""
    host = fields.maybe("host", lambda v: v.admitted(parse_party_code)) or parts[1] or ""
    if len(host) != 3:  # noqa: PLR2004  # the code of a Party
        key.fault("the key host is missing: the Party where the project is")
    return f"{host}{parts[2]}"


def _verifications(value: Value) -> tuple[VerificationSpec, ...]:
    read = []
    for number, item in enumerate(value.items(), 1):
        fields = Fields(item, required="from to quantity", optional="final number")
        read.append(
            VerificationSpec(
                number=fields.default("number", lambda v: v.integer(1, 10**6), number),
                start=fields.need("from", Value.date, defaults.NO_DAY),
                end=fields.need("to", Value.date, defaults.NO_DAY),
                quantity=fields.need("quantity", quantity, 0),
                final=fields.default("final", Value.boolean, True),
            )
        )
    return tuple(read)


def _requests(value: Value) -> tuple[RequestSpec, ...]:
    return tuple(request(number, item) for number, item in enumerate(value.items(), 1))


def request(number: int, value: Value) -> RequestSpec:
    """A request for units: how many, or how many on which day."""
    if not value.is_mapping():
        return RequestSpec(number=number, quantity=quantity(value), on=None, paid_before=False)
    fields = Fields(value, required="quantity", optional="on paid_before")
    return RequestSpec(
        number=number,
        quantity=fields.need("quantity", quantity, 0),
        on=fields.maybe("on", Value.date),
        paid_before=fields.default("paid_before", Value.boolean, False),
    )
