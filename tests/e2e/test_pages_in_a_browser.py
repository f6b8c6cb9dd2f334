# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The pages in a real browser, at the width of a desk and of a hand: nothing is cut, nothing broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.browser import AT_HAND, Browser, browser
from tests.kit.pages import PAGES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not AT_HAND, reason="chromium and its driver are not installed"),
]


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", PAGES)
def test_page_fits(name: str, width: int, window: Browser, tmp_path: Path) -> None:
    window.show(PAGES[name](), width)
    assert window.too_wide() == []
    assert window.broken() == []
    window.picture(tmp_path / f"{name}-{width}.png")
