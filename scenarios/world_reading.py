# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of who takes part: nodes, Parties, cooperative approaches, accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import pairwise
from typing import Final

from broker.rulebook.paris.accounts import AccountRole
from broker.rulebook.paris.attributes import Metric
from broker.rulebook.paris.authorization import AuthorizationTiming
from broker.rulebook.paris.years import AdjustmentMethod, NdcTarget, YearSpan
from itmo.identifiers import (
    CooperativeApproachId,
    NodeId,
    PartyCode,
    RegistryId,
    parse_cooperative_approach_id,
    parse_entity_id,
    parse_node_id,
    parse_party_code,
    parse_registry_id,
    registry_party,
)
from itmo.node_kinds import NodeKind
from itmo.nomenclature import UNDERLYING_REGISTRIES
from scenarios import defaults
from scenarios.fields import Fields
from scenarios.kyoto.codes import number_of
from scenarios.kyoto.model import KyotoPartySpec
from scenarios.kyoto.world_reading import party_spec
from scenarios.model import (
    BROKER,
    RULEBOOKS,
    AccountSpec,
    ApproachSpec,
    NdcSpec,
    NodeSpec,
    PartySpec,
)
from scenarios.names import NO_REGISTRY, Names
from scenarios.share_reading import share
from scenarios.values import Value

METRICS: Final[Mapping[str, Metric]] = {"GHG": Metric.GHG, "non-GHG": Metric.NON_GHG}
_KINDS: Final = {kind.value.lower(): kind for kind in NodeKind}
_TARGETS: Final = {"single-year": NdcTarget.SINGLE_YEAR, "multi-year": NdcTarget.MULTI_YEAR}
_METHODS: Final = {method.value.lower(): method for method in AdjustmentMethod}
_ROLES: Final = {role.value.lower().replace("_", "-"): role for role in AccountRole}
_TIMINGS: Final = {each.value.lower().replace("_", "-"): each for each in AuthorizationTiming}
_RESERVED: Final = frozenset({BROKER, "operator"})
_PARTY_KEYS: Final = (
    "ndc inventory inventory_part targets indicators eligible initial_report kyoto unknown"
)
_STATED: Final = ("inventory", "inventory_part", "targets", "indicators")
"""What a Party's own node states."""
_TONNES: Final = 10**15
"""The broker takes no larger inventory; see there."""


def years(value: Value) -> YearSpan:
    """Two calendar years, first and last."""
    items = value.items()
    if value.is_list() and len(items) != 2:  # noqa: PLR2004  # first and last
        value.wrong("two years, first and last, such as [2021, 2030]")
    read = [item.year() for item in items[:2]]
    if len(read) == 2 and read[0] > read[1]:  # noqa: PLR2004
        value.fault(f"the first year, {read[0]}, is after the last, {read[1]}")
    return YearSpan(read[0], read[-1]) if read else YearSpan(0, 0)


def texts(value: Value) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(item.text() for item in value.items())


def nodes(value: Value, names: Names) -> tuple[NodeSpec, ...]:
    """Who runs what; a registry is run by one node."""
    drafts: list[NodeSpec] = []
    for key, body in value.entries():
        name = key.admitted(parse_node_id) or ""
        if name in _RESERVED:
            key.fault(f"{name} names a part of the clearing-house; choose another name")
        names.nodes.add(name)
        if _is_programme(body):
            drafts.append(_programme(name, body, names))
            continue
        fields = Fields(body, required="kind registries", optional="parties sharing")
        kind = fields.need("kind", lambda v: v.choice(_KINDS), NodeKind.NATIONAL)
        registries: list[RegistryId] = fields.need(
            "registries", partial(_registries, node=name, names=names), []
        )
        parties: list[PartyCode] = fields.default(
            "parties", lambda v: [names.party(p) for p in v.items()], []
        )
        for party in parties:
            if names.signers.setdefault(party, name) != name:
                fields.at("parties").fault(f"{names.signers[party]} signs for {party} already")
        drafts.append(
            NodeSpec(
                name=_node_name(name),
                kind=kind,
                registries=tuple(registries),
                parties=tuple(parties),
                sharing=fields.default(
                    "sharing", lambda v: tuple(share(each, names) for each in v.items()), ()
                ),
            )
        )
    return tuple(_signing(draft, names) for draft in drafts)


def _node_name(name: str) -> NodeId:
    return parse_node_id(name, "node") if name else defaults.NO_NODE


def _is_programme(body: Value) -> bool:
    written = NodeKind.PROGRAMME.value.lower()
    return body.is_mapping() and any(
        (key.node.value, value.node.value) == ("kind", written) for key, value in body.entries()
    )


def _programme(name: str, body: Value, names: Names) -> NodeSpec:
    """A crediting programme's registry: it has no account and speaks for no Party."""
    fields = Fields(body, required="kind programmes")
    programmes: list[str] = []
    listed: list[Value] = fields.need("programmes", Value.items, [])
    for item in listed:
        programme = item.choice({each: each for each in UNDERLYING_REGISTRIES})
        if programme in names.programmes:
            item.fault(f"{names.programmes[programme]} speaks for {programme} already")
        names.programmes.setdefault(programme, name)
        programmes.append(programme)
    if not programmes:
        fields.at("programmes").fault("name at least one programme, such as GS")
    return NodeSpec(
        name=_node_name(name),
        kind=NodeKind.PROGRAMME,
        registries=(),
        parties=(),
        programmes=tuple(programmes),
    )


def _registries(value: Value, node: str, names: Names) -> list[RegistryId]:
    read = []
    for item in value.items():
        registry = item.admitted(parse_registry_id)
        if registry is None:
            continue
        if registry in names.registries:
            item.fault(f"{names.registries[registry]} runs the registry {registry} already")
            continue
        names.registries[registry] = node
        read.append(registry)
    if value.is_list() and not value.items():
        value.wrong("at least one registry")
    return read


def _signing(spec: NodeSpec, names: Names) -> NodeSpec:
    """A node signs for the Parties of its registries for which no other node was named."""
    signs = list(spec.parties)
    for registry in spec.registries:
        party = registry_party(registry)
        names.parties.add(party)
        if names.signers.setdefault(party, spec.name) == spec.name and party not in signs:
            signs.append(party)
    return replace(spec, parties=tuple(signs))


def parties(value: Value, names: Names) -> dict[PartyCode, PartySpec]:
    """What the accounts need to know of each Party."""
    read = {}
    report: date | None = defaults.INITIAL_REPORT
    for key, body in value.entries():
        party = key.admitted(parse_party_code)
        fields = Fields(body, optional=_PARTY_KEYS)
        spec = PartySpec(
            party=party or PartyCode(""),
            ndc=fields.default("ndc", _ndcs, (defaults.NDC,)),
            inventory=fields.default("inventory", _inventory, {}),
            inventory_part=fields.default("inventory_part", _inventory, {}),
            targets=fields.default("targets", _inventory, {}),
            indicators=fields.default(
                "indicators",
                lambda v: {key.text(): _inventory(body) for key, body in v.entries()},
                {},
            ),
            eligible=fields.default("eligible", Value.boolean, True),
            initial_report=fields.default("initial_report", _report, default=report),
            kyoto=fields.default("kyoto", party_spec, KyotoPartySpec()),
            unknown=fields.default("unknown", Value.boolean, False),
        )
        if party is None:
            continue
        names.parties.add(party)
        read[party] = spec
        if spec.unknown and len(body.entries()) > 1:
            body.fault("nothing is stated of a Party that is unknown; leave the other keys out")
        for name in _STATED:
            if getattr(spec, name) and party not in names.signers:
                fields.at(name).fault(f"no node signs for {party}; list it under a node")
    return read


def _ndcs(value: Value) -> tuple[NdcSpec, ...]:
    """One implementation period, or a list of them."""
    if not value.is_list():
        return (_ndc(value),)
    periods = [(item, _ndc(item)) for item in value.items()]
    ordered = sorted(periods, key=lambda pair: pair[1].years.first)
    for (_, before), (item, after) in pairwise(ordered):
        if after.years.first <= before.years.last:
            item.fault("overlaps another implementation period")
    return tuple(period for _, period in periods)


def _ndc(value: Value) -> NdcSpec:
    fields = Fields(
        value, required="start end", optional="target method first_or_first_updated finality"
    )
    start = fields.need("start", Value.year, 0)
    end = fields.need("end", Value.year, 0)
    if start > end and "end" in fields:
        fields.at("end").fault(f"the period ends in {end}, before it starts in {start}")
    return NdcSpec(
        years=YearSpan(start, end),
        target=fields.default("target", lambda v: v.choice(_TARGETS), defaults.NDC.target),
        method=fields.default("method", lambda v: v.choice(_METHODS), defaults.NDC.method),
        first_or_first_updated=fields.default("first_or_first_updated", Value.boolean, True),
        finality=fields.maybe("finality", Value.date),
    )


def _inventory(value: Value) -> dict[int, int]:
    return {key.year(): body.integer(-_TONNES, _TONNES) for key, body in value.entries()}


def _report(value: Value) -> date | None:
    """The date of the initial report, or `none`."""
    return None if value.node.value == "none" else value.date()


def approaches(value: Value, names: Names) -> dict[CooperativeApproachId, ApproachSpec]:
    """Cooperative approaches; the four- and the six-digit form name the same one."""
    read = {}
    for key, body in value.entries():
        approach = key.admitted(parse_cooperative_approach_id)
        fields = Fields(
            body,
            required="parties",
            optional="title sectors activity_types metric non_ghg_metric evidence"
            " authorization_timing",
        )
        if approach is not None and approach in names.approaches:
            key.fault(f"{approach} stands here already, in its other form")
        spec = ApproachSpec(
            id=approach or CooperativeApproachId(""),
            title=fields.default("title", Value.text, f"Cooperative approach {approach}"),
            parties=fields.need("parties", lambda v: tuple(map(names.party, v.items())), ()),
            sectors=fields.default("sectors", texts, defaults.SECTORS),
            activity_types=fields.default("activity_types", texts, defaults.ACTIVITY_TYPES),
            metric=fields.default("metric", lambda v: v.choice(METRICS), Metric.GHG),
            non_ghg_metric=fields.default("non_ghg_metric", Value.text, ""),
            evidence=fields.default("evidence", _evidence, True),
            timing=fields.default(
                "authorization_timing", lambda v: v.choice(_TIMINGS), AuthorizationTiming.ANY_TIME
            ),
        )
        if (spec.metric is Metric.NON_GHG) != bool(spec.non_ghg_metric):
            fields.at("metric").fault("non_ghg_metric names the metric, if and only if non-GHG")
        if approach is not None:
            names.approaches.add(approach)
            read[approach] = spec
    return read


def _evidence(value: Value) -> bool:
    return value.choice({"none": False, "on-file": True})


def accounts(value: Value, names: Names) -> dict[str, AccountSpec]:
    """Accounts under the names that the scenario gives them."""
    read = {}
    for key, body in value.entries():
        name = key.text()
        fields = Fields(
            body,
            required="registry type",
            optional="rulebook period ndc entity non_ghg_metric role party unknown",
        )
        told = names.saying(fields)
        rulebook = fields.default("rulebook", lambda v: v.choice(RULEBOOKS), names.rulebook)
        names.rulebooks.add(rulebook)
        read[name] = AccountSpec(
            name=name,
            registry=fields.need("registry", told.registry, NO_REGISTRY),
            type=fields.need("type", lambda v: v.integer(0, 999), 0),
            rulebook=rulebook,
            period=fields.default("period", number_of, 0),
            ndc=fields.maybe("ndc", years),
            non_ghg_metric=fields.default("non_ghg_metric", Value.text, ""),
            entity=fields.default("entity", lambda v: v.admitted(parse_entity_id) or "", ""),
            role=fields.maybe("role", lambda v: v.choice(_ROLES)),
            party=fields.maybe("party", told.party),
            unknown=told.unknown,
        )
        names.accounts[name] = read[name].registry
        names.account_types[name] = read[name].type
        role = read[name].role
        if role is not None:
            names.roles.setdefault((read[name].registry, role), name)
    return read
