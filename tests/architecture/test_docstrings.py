# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Docstrings say what something does, in the third person; no linter has a rule for that mood."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.sources import PROGRAMS, modules, name_of, nodes, tree

ORDERS = re.compile(
    r"(?:Accept|Add|Admit|Apply|Ask|Begin|Bring|Cancel|Carry|Change|Check|Claim|Classify|"
    r"Close|Compare|Compile|Complete|Compose|Construct|Continue|Copy|Count|Create|Cut|"
    r"Decide|Do|Drop|End|Ensure|Exchange|Execute|Exempt|Fail|Fetch|Fill|Find|Finish|"
    r"Follow|Free|Get|Give|Go|Hand|Handle|Hang|Have|Insert|Issue|Join|Keep|Leave|Let|List|"
    r"Listen|Load|Look|Make|Move|Name|Note|Open|Parse|Pick|Pin|Poll|Prepare|Print|Propose|"
    r"Pull|Put|Queue|Raise|Read|Receive|Refuse|Register|Reject|Remember|Remove|Renew|"
    r"Replace|Report|Reserve|Return|Revoke|Run|Say|Send|Serve|Set|Show|Sign|Split|Start|"
    r"State|Stop|Store|Take|Tell|Throw|Try|Update|Use|Verify|Wait|Withdraw|Write|Yield)\b"
)
"""Verbs as an order is given; at the beginning of a docstring they are one."""
NO_ORDER = re.compile(r"(Name of|Set whenever|Cut to|Free text|Open alarms:) ?")
"""Nouns and participles of the same letters."""


def docstrings() -> Iterator[tuple[str, str]]:
    for path in modules(*PROGRAMS):
        for node in nodes(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                said = ast.get_docstring(node)
                if said:
                    yield f"{name_of(path)}:{node.lineno}", said


def is_order(said: str) -> bool:
    return ORDERS.match(said) is not None and NO_ORDER.match(said) is None


def test_docstrings_are_in_the_third_person() -> None:
    assert [f"{where} {said[:60]}" for where, said in docstrings() if is_order(said)] == []


def test_an_order_is_found() -> None:
    assert is_order("Return what is held.")
    assert not is_order("Returns what is held.")
    assert not is_order("Name of the count of units that a Party holds.")
