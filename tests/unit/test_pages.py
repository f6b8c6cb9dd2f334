# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The pages that the programs write: one style, one look for numbers, a date, a place in the log."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from itmo import pages
from tests.architecture.test_tidy import WORKING_NAMES
from tests.kit.pages import FROM_FILES, LEAF, PAGES

_VOID = {"meta", "br", "wbr"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d|\b\d{1,2} [A-Z][a-z]{2} \d{4}")
_SPACED = re.compile(r"(?<![\d.])\d{1,3}(?: \d{3})+(?!\d)", re.ASCII)


class Texts(HTMLParser):
    """What a reader sees, each piece with the classes of the elements around it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self.seen: list[tuple[str, set[str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append((tag, dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop()[0] != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self.open}
        if not tags & {"style", "title"} and data.strip():
            self.seen.append((data, {name for _, names in self.open for name in names.split()}))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_the_common_frame_and_is_well_formed(name: str) -> None:
    made = PAGES[name]()
    assert f"<style>{pages.STYLE}" in made
    assert "default-src 'none'; style-src 'unsafe-inline'" in made
    assert "http" not in made.replace("http-equiv", "")
    read = Texts(made)
    assert (read.wrong, read.open) == ([], [])
    assert made.count("<h1>") == 1


@pytest.mark.parametrize("name", PAGES)
def test_every_page_names_its_date_and_its_place_in_the_log(name: str) -> None:
    made = PAGES[name]()
    assert '<dt>Made</dt><dd><span class="q">2026-11-27 10:05:31Z</span>' in made
    if name not in FROM_FILES:
        assert "<dt>Place in the log</dt>" in made
    assert LEAF in made.replace("<wbr>", "")


@pytest.mark.parametrize("name", PAGES)
def test_no_number_with_its_thousands_apart_can_be_broken(name: str) -> None:
    loose = [
        data
        for data, classes in Texts(PAGES[name]()).seen
        if _SPACED.search(data) and not classes & {"q", "number"}
    ]
    assert loose == []


@pytest.mark.parametrize("name", PAGES)
def test_no_moment_can_be_broken(name: str) -> None:
    loose = [
        data
        for data, classes in Texts(PAGES[name]()).seen
        if _MOMENT.search(data) and not classes & {"q", "number"}
    ]
    assert loose == []


def test_what_is_counted_stays_beside_its_number() -> None:
    rows = [
        each for each in Texts(PAGES["aef"]()).seen if re.search(r"^ authorizations?$", each[0])
    ]
    assert rows
    assert all("q" in classes for _, classes in rows)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_names_that_only_the_project_knows(name: str) -> None:
    assert [data for data, _ in Texts(PAGES[name]()).seen if WORKING_NAMES.search(data)] == []


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("1 916 units", '<span class="q">1 916</span> units'),
        ("the 12 units", "the 12 units"),
        ("2023-2024", '<span class="q">2023-2024</span>'),
        ("inter-Party", '<span class="q">inter-Party</span>'),
        ("CA0003-TH001-TH-1-2022", '<span class="q">CA0003-TH001-TH-1-2022</span>'),
        ("row 9", '<span class="q">row 9</span>'),
        ("2026-11-27 10:05:31Z", '<span class="q">2026-11-27 10:05:31Z</span>'),
        ("on 1 Dec 2023", 'on <span class="q">1 Dec 2023</span>'),
        ("<b>7-8</b>", '&lt;b&gt;<span class="q">7-8</span>&lt;/b&gt;'),
        ("'1 916'", '&#x27;<span class="q">1 916</span>&#x27;'),
        ("\u202eX\x1b", r"\u202eX\x1b"),
    ],
)
def test_texts_of_others_are_escaped_and_what_belongs_together_stays(given: str, made: str) -> None:
    assert pages.text(given) == made


def test_a_digest_ends_between_its_parts() -> None:
    assert pages.digest(LEAF).count("<wbr>") == 3
