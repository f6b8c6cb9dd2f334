# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Terms that Parties and other programs use for the values of the nomenclatures, and codes as written."""

from __future__ import annotations

import pytest

from aef.code_values import read_approach, read_registry, read_version
from aef.list_values import (
    DEFINITIONS,
    METRICS,
    MITIGATION,
    UNDERLYING,
    read_action_subtype,
    read_action_type,
    read_choice,
    read_purposes,
)
from aef.model import ActionSubtype, ActionType
from aef.parsed import Parsed
from aef.syntax_codes import Code

TYPES = {
    "First transfer": "First Transfer|first-transfer|FirstTransfer|1st transfer|First tranfer|First transfers"
    "|First international transfer|First transfer to another Party|First transfer (a)",
    "Acquisition": "acquisition|Aquisition|Acquisitions",
    "Use": "USE|Use towards NDC|Use towards an NDC|Use for NDC",
    "Cancellation": "Cancelation|Cancellations",
    "Voluntary Cancellation": "Voluntary cancellation|Voluntary cancelation|voluntary-cancellation",
    "Authorization": "Authorisation|AUTHORISATION|Authorizations",
}
SUBTYPES = {
    "First transfer to another Party": "First international transfer|First transfer to other Party",
    "Authorization": "Authorisation|authorisation",
    "Use or cancellation": "Use or Cancellation|Use/cancellation|Use / Cancellation|Use and cancellation"
    "|Cancellation or use|Use or cancelation",
}
METRIC = {
    "GHG": "ghg|t CO2 eq|tCO2e|tCO2eq|t CO\u2082 eq|tonnes CO2e|metric tons of CO2 equivalent",
    "non-GHG": "Non-GHG|non GHG|nonGHG|Non\u2013GHG",
}
KINDS = {
    "Emission reductions": "Emission reduction|Emissions reductions|Reductions|Emission-reductions",
    "Removals": "Removal|Emission removals|Emissions removals",
    "Emission reductions and removals": "Emission reductions & removals|Reductions and removals"
    "|Emission reductions/removals|Removals and emission reductions",
}
EVENTS = {
    "Authorization": "Authorisation|Authorization of mitigation outcomes|The authorization",
    "Issuance": "issuance|The issuance of mitigation outcomes",
    "Use or cancellation": "Use or Cancellation|The use or cancellation of the mitigation outcome",
}
PROGRAMMES = {
    "VCS": "Verra|vcs|Verified Carbon Standard",
    "GS": "Gold Standard",
    "ART": "ART TREES|ART/TREES",
    "T-VER": "T-Ver|T VER",
}
PURPOSES = {
    "NDC": "NDCs|Use towards NDC|towards the NDC|NDC use|Achievement of NDC",
    "IMP OP": "OIMPs|Other international mitigation purposes|IMP and OP|OIMP (IMP and OP)",
    "IMP": "CORSIA|International mitigation purposes (CORSIA)",
    "IMP NDC OP": "NDC & OIMP|NDC/OIMP|NDC and/or OIMP|NDC + OIMP|NDC, IMP and OP|Both NDC and OIMP"
    "|NDC and OIMP*|use towards NDCs and/or for other international mitigation purposes",
}
NO_PURPOSES = (
    "not NDC|NDC only?|all|NDC except OIMP|NDC, no OIMP|OIMP but not IMP|as agreed|NDC (not OIMP)"
    "|other than NDC|no NDC|neither|voluntary|NDC excluding OP|any purpose"
)


@pytest.mark.parametrize(
    ("terms", "choices"),
    [(METRIC, METRICS), (KINDS, MITIGATION), (EVENTS, DEFINITIONS), (PROGRAMMES, UNDERLYING)],
    ids=["metric", "mitigation", "definition", "programme"],
)
def test_terms_of_a_list(terms: dict[str, str], choices: dict[str, str]) -> None:
    found = {
        text: read_choice(text, choices) for said in terms.values() for text in said.split("|")
    }
    wanted = {text: value for value, said in terms.items() for text in said.split("|")}
    assert {text: each.value for text, each in found.items()} == wanted
    assert all(each.usable for each in found.values())


def test_terms_for_what_happened() -> None:
    for terms, read, kind in (
        (TYPES, read_action_type, ActionType),
        (SUBTYPES, read_action_subtype, ActionSubtype),
    ):
        for value, said in terms.items():
            found = {text: read(text).value for text in said.split("|")}
            assert {text for text, each in found.items() if each is not kind(value)} == set()


@pytest.mark.parametrize(
    "found",
    [
        *(read_action_type(text) for text in ["Use or cancellation", "Retirement", "Acquisition?", "Used?"]),
        *(read_action_subtype(text) for text in ["Use", "Cancellation", "First transfer", "TBD"]),
        *(read_choice(text, DEFINITIONS) for text in ["Authorization or Issuance", "Use", "First transfer"]),
        *(read_choice(text, METRICS) for text in ["MWh", "tonnes", "GHG/non-GHG", "MtCO2e", "GWP"]),
        *(read_choice(text, MITIGATION) for text in ["Avoidance", "Both", "ER"]),
    ],
)  # fmt: skip
def test_what_is_no_value_is_not_taken_for_one(found: Parsed[object]) -> None:
    assert not found.usable
    assert found.codes == (Code.NOMENCLATURE_UNKNOWN,)


def test_purposes_in_words() -> None:
    found = {text: read_purposes(text) for said in PURPOSES.values() for text in said.split("|")}
    wanted = {text: value for value, said in PURPOSES.items() for text in said.split("|")}
    assert {text: " ".join(sorted(each.value)) for text, each in found.items()} == wanted


def test_purposes_that_exclude_or_leave_something_open_are_not_read() -> None:
    found = {text: read_purposes(text) for text in NO_PURPOSES.split("|")}
    assert {text for text, each in found.items() if each.usable or each.value} == set()


def test_codes_as_people_write_them() -> None:
    approaches = (
        "ca0003|CA 0003|CA-0003|CA_0003|CA3|0003|000003|3|CA0003*|CA0003 (e-buses)|CA0003: e-buses"
        "|CA0003 - Thailand e-bus programme"
    )
    assert {read_approach(each).value for each in approaches.split("|")} == {"CA000003"}
    none = "e-buses|CA0003; CA0004|CA0003/CA0004|CAO003|CA00000003|CA0003?|not CA0003|3.5|CA"
    assert {read_approach(each).usable for each in none.split("|")} == {False}
    registries = "THA-01|THA 01|THA_01|THA1|TH1|THA0001|tha01|THA01*"
    assert {read_registry(each).value for each in registries.split("|")} == {"THA01"}
    versions = "1|v1|V1.0|v.1.0|ver. 1.0|version: 1.0|1,0|1.0*|1.0 (final)|01"
    assert {read_version(each).value for each in versions.split("|")} == {"1.0"}
