# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Commands by name, of which each is loaded when it is asked for: the others cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib import import_module

import click


def places(package: str, *modules: str) -> Mapping[str, str]:
    """Where commands lie, by the names that people type.

    Args:
        package: The package of all.
        modules: Each a module below it with a command of its own name, or `module:name` where a module
            has several.
    """
    found = {}
    for each in modules:
        module, _, name = each.partition(":")
        name = name or module.rpartition(".")[2]
        found[name.replace("_", "-")] = f"{package}.{module}:{name}"
    return found


class Commands(MutableMapping[str, click.Command]):
    """The commands of a group.

    Args:
        known: `module:name` of each, by the name that people type.

    Attributes:
        completes: Is told of each command that was loaded, before anybody else has it.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)
        self._loaded: dict[str, click.Command] = {}
        self.completes: Callable[[click.Command], None] = lambda _: None

    def __getitem__(self, name: str) -> click.Command:
        found = self._loaded.get(name)
        if found is None:
            module, _, attribute = self._known[name].partition(":")
            found = self._loaded[name] = getattr(import_module(module), attribute)
            self.completes(found)
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._known.setdefault(name, "")
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._known[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, name: object) -> bool:
        return name in self._known
