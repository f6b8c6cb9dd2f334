# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is stated of projects and of their verifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from broker.regime.fields import day, known, short
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.reading import TRACKS
from broker.regime.kyoto.statements.kind import Kind, at_least_one, host_and_project, invalid
from broker.regime.regime import Key
from broker.rulebook.kyoto.case import Project, Verification
from broker.rulebook.kyoto.codes import Mechanism, ProjectStatus
from itmo import limits
from itmo.kyoto.v1 import statements_pb2

_MECHANISMS: Final[Mapping[int, Mechanism]] = {
    0: Mechanism.JOINT_IMPLEMENTATION,
    **{each.value: each for each in Mechanism},
}
_STATUSES: Final[Mapping[int, ProjectStatus]] = {
    0: ProjectStatus.REGISTERED,
    **{each.value: each for each in ProjectStatus},
}


def _project(written: statements_pb2.Project) -> tuple[Key, Project]:
    short(written.title, "project.title")
    if written.programme:
        host_and_project(written.programme, "project.programme")
    mechanism = known(_MECHANISMS, written.mechanism, "project.mechanism")
    track = known(TRACKS, written.track, "project.track")
    if track is not None and mechanism is not Mechanism.JOINT_IMPLEMENTATION:
        raise invalid("project.track", "no track; only joint implementation has one")
    return stated_keys.project(*host_and_project(written.project, "project.project")), Project(
        mechanism=mechanism,
        track=track,
        status=known(_STATUSES, written.status, "project.status"),
        land_use=written.land_use,
        exempt=written.exempt_from_share,
        programme=written.programme,
        yearly_reductions=_reductions(written),
        registered_on=day(written.registered_on, "project.registered_on")
        if written.registered_on
        else None,
    )


def _reductions(written: statements_pb2.Project) -> int:
    if written.yearly_reductions > limits.MAX_UNITS:
        raise invalid("project.yearly_reductions", f"at most {limits.MAX_UNITS}")
    return written.yearly_reductions


def _verification(written: statements_pb2.Verification) -> tuple[Key, Verification]:
    number = at_least_one(
        written.verification_number, "verification.verification_number", "a number"
    )
    if not 0 < written.quantity <= limits.MAX_UNITS:
        raise invalid("verification.quantity", f"1 to {limits.MAX_UNITS}")
    said = Verification(
        number=number,
        from_day=day(written.from_day, "verification.from_day"),
        to_day=day(written.to_day, "verification.to_day"),
        quantity=written.quantity,
        final=written.final,
    )
    if said.from_day > said.to_day:
        raise invalid("verification.to_day", "a day not before from_day")
    project = host_and_project(written.project, "verification.project")
    return stated_keys.verification(*project, number), said


KINDS: Final = (Kind("project", _project), Kind("verification", _verification))
