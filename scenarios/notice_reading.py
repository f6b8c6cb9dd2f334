# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of steps in which one side lets others know, under every rulebook."""

from __future__ import annotations

from datetime import datetime

from itmo.reasons import shown
from scenarios.fields import Fields
from scenarios.model import BROKER, Maintain, Write
from scenarios.names import NO_REGISTRY, Names
from scenarios.values import Value


def new_id(fields: Fields, names: Names, sender: str) -> str:
    """The name of a new notice."""
    name = fields.need("id", Value.text, "")
    if name in names.notices:
        fields.at("id").fault(f"another notice has the id {shown(name)} already")
    if name:
        names.notices[name] = sender
    return name


def write(value: Value, names: Names) -> Write:
    """The administrators of one node write to those of registries and programmes."""
    fields = Fields(value, required="id node to subject", optional="text")
    node = fields.need("node", names.program, "")
    names.must_run(node, value)
    if node == BROKER:
        fields.at("node").fault("the clearing-house announces maintenance; name a node")

    def recipients(listed: Value) -> tuple[str, ...]:
        return tuple(_recipient(each, names) for each in listed.items())

    return Write(
        verb="write",
        id=new_id(fields, names, node),
        node=node,
        recipients=fields.need("to", recipients, ()),
        subject=fields.need("subject", Value.text, ""),
        text=fields.default("text", Value.text, ""),
    )


def _recipient(value: Value, names: Names) -> str:
    name = value.text()
    if name and name not in names.registries and name not in names.programmes:
        value.fault(f"no node speaks for {shown(name)}; write to a registry or a programme")
    return name


def maintain(value: Value, names: Names) -> Maintain:
    """The operator announces a window without new proposals, of one registry or of all."""
    fields = Fields(value, required="start end", optional="registry reason")
    names.must_run(BROKER, value)
    start: datetime | None = fields.maybe("start", Value.time)
    end: datetime | None = fields.maybe("end", Value.time)
    if start is not None and end is not None and end <= start:
        fields.at("end").fault("the window ends before it starts")
    return Maintain(
        verb="maintain",
        registry=fields.default("registry", names.registry, NO_REGISTRY),
        start=start,
        end=end,
        reason=fields.default("reason", Value.text, ""),
    )
