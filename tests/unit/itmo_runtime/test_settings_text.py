# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One setting of a file changes; everything else stays as it was written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.settings_text import change_setting, with_setting

TEXT = """\
# Read by people.
node = "x"

[signers]
# which keys sign
message = "file:keys/message.pem"   # the one in use
operator = "file:keys/operator.pem"

[[broker.keys]]
message = "not this one"
"""


def test_one_line_changes_and_comments_stay() -> None:
    changed = with_setting(TEXT, "signers", "message", "file:keys/next.pem")
    assert 'message = "file:keys/next.pem"   # the one in use' in changed
    assert changed.splitlines()[:5] == TEXT.splitlines()[:5]
    assert changed.splitlines()[6:] == TEXT.splitlines()[6:]


def test_what_is_missing_is_added() -> None:
    changed = with_setting(TEXT, "signers", "third", 3)
    assert tomllib.loads(changed)["signers"]["third"] == 3
    assert tomllib.loads(with_setting(TEXT, "authority", "since", 5))["authority"] == {"since": 5}


@pytest.mark.parametrize(
    "text",
    ['signers.message = "x"\n', 'signers = { message = "x" }\n', '[a]\n"signers.message" = 1\n[signers]\nmessage.x = 1\n',
     '[signers]\nmessage = """\nx\n"""\n'],
)  # fmt: skip
def test_what_cannot_be_changed_safely_is_said(text: str) -> None:
    with pytest.raises(ProtocolError, match="by hand") as refused:
        with_setting(text, "signers", "message", "y")
    assert refused.value.reason is Reason.CONFIGURATION_INVALID


def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text(TEXT)
    file.chmod(0o640)
    change_setting(file, "signers", "operator", "file:o.pem")
    assert file.stat().st_mode & 0o777 == 0o640
    assert tomllib.loads(file.read_text())["signers"]["operator"] == "file:o.pem"
