# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The footnotes of the agreed electronic format, word for word, as its sheet of summaries prints them.

Decision 4/CMA.6, annex II, in the official blank. Parties know the fields by these texts, and "above" in
them means the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aef import layout

_NA: Final = "NA"
_AUTHORIZATION_ID: Final = "Authorization ID as assigned by the reporting Party."
_DATE_OF_AUTHORIZATION: Final = "Date on which the authorization was issued."
_COOPERATIVE_APPROACH_ID: Final = (
    "Unique identifier of the cooperative approach as per common nomenclatures."
)
_VERSION_OF_THE_AUTHORIZATION: Final = "NA."
_APPLICABLE_GWP_VALUE_S: Final = (
    "If the mitigation outcome involves a non-CO2 greenhouse gas(es), the  global warming"
    " potential (GWP) value(s) applied, consistent with the relevant CMA decisions (e.g.,"
    " \u2018100-year values from 5th assessment report by the IPCC\u2019)."
)
_APPLICABLE_NON_GHG_METRIC: Final = (
    "Type of non-GHG metric applied (e.g., \u2018megawatt hours of renewable electricity"
    " generation\u2019). This field should be reported as \u2018Not applicable\u2019 (NA) if the ITMOs"
    " are in a GHG metric."
)
_ADDITIONAL_EXPLANATORY_INFORMATION: Final = (
    "This field is optional. The Party may use this field to provide any additional information."
)
_FIRST_TRANSFERRING_PARTICIPATING_PARTY_ID: Final = (
    "Unique identifier of the participating Party in which the authorized mitigation"
    " outcome occurred as per common nomenclatures."
)
_ITMO_UNIQUE_IDENTIFIER: Final = (
    "Unique identifier of the ITMO as per decision 6/CMA.4, annex I, para. 5. "
)
_FIRST_ID: Final = "Refers to the first unique identifier of the ITMO block."
_LAST_ID: Final = "Refers to the last unique identifier of the ITMO block."
_UNDERLYING_UNIT_REGISTRY_ID: Final = (
    "Unique identifier of the underlying cooperative approach registry as per common"
    " nomenclatures. This field should be reported as \u2018Not applicable\u2019 (NA) if the"
    " cooperative approach does not use an underlying cooperative approach registry."
)
_UNDERLYING_UNIT_UNIQUE_IDENTIFIER: Final = (
    "Unique identifier of the underlying unit from an underlying cooperative approach"
    " registry. This field should be reported as \u2018Not applicable\u2019 (NA) if the cooperative"
    " approach does not use an underlying cooperative approach registry."
)
_FIRST_UNIT_ID: Final = "Refers to the first unique identifier of the underlying unit block."
_LAST_UNIT_ID: Final = "Refers to the last unique identifier of the underlying unit block."
_QUANTITY_T_CO2_EQ: Final = "Quantity of ITMOs in tons of CO2 equivalent."
_QUANTITY_IN_NON_GHG_METRIC: Final = (
    "Quantity of ITMOs in the respective non-GHG metric. This field should be reported as"
    " \u2018Not applicable\u2019 (NA) if the ITMOs are in a GHG metric."
)
_VINTAGE: Final = "Calendar year in which the mitigation outcome occurred."
Footnotes = tuple[tuple[str, str], ...]
"""Field and footnote, in the order of the sheet."""

_UNITS: Final = (
    ("ITMO unique identifier", _ITMO_UNIQUE_IDENTIFIER),
    ("First ID", _FIRST_ID),
    ("Last ID", _LAST_ID),
    ("Underlying unit registry ID", _UNDERLYING_UNIT_REGISTRY_ID),
    ("Underlying unit unique identifier", _UNDERLYING_UNIT_UNIQUE_IDENTIFIER),
    ("First unit ID", _FIRST_UNIT_ID),
    ("Last unit ID", _LAST_UNIT_ID),
    ("Metric", _NA),
    ("Applicable GWP value(s)", _APPLICABLE_GWP_VALUE_S),
    ("Applicable non-GHG metric", _APPLICABLE_NON_GHG_METRIC),
    ("Quantity (t\xa0CO2\xa0eq)", _QUANTITY_T_CO2_EQ),
    ("Quantity (in non-GHG metric)", _QUANTITY_IN_NON_GHG_METRIC),
    ("Mitigation type", _NA),
    ("Vintage", _VINTAGE),
)
"""Columns on units, alike for actions and holdings."""
FOOTNOTES: Final[Mapping[str, Footnotes]] = MappingProxyType(
    {
        layout.SUBMISSION.key: (
            ("Party", ("Reporting Party as per common nomenclatures.")),
            ("Version", _NA),
            (
                "Reported year",
                ("The annual period from 1 January to 31 December during which actions occurred."),
            ),
            ("Date of submission", _NA),
            (
                "Review status of the initial report",
                (
                    "Review status as per paragraph 57 above. This field is populated by"
                    " the CARP as a result of the review of the initial report."
                ),
            ),
            (
                "Result of the consistency check of this AEF submission",
                (
                    "Result of the consistency check as per paragraph 37 above."
                    " Information in this field is populated by the CARP as a result of"
                    " the consistency check procedure. "
                ),
            ),
            ("First year of the NDC implementation period", _NA),
            ("Last year of the NDC implementation period", _NA),
            (
                "Reference to the Article 6 technical expert review report of the initial report",
                (
                    "Hyperlink to the Article 6 technical expert review report of the"
                    " initial report. This field is populated by the CARP as a result of"
                    " the review of the initial report.\xa0"
                ),
            ),
        ),
        layout.AUTHORIZATIONS.key: (
            ("Authorization ID", _AUTHORIZATION_ID),
            ("Date of authorization", _DATE_OF_AUTHORIZATION),
            ("Cooperative approach ID", _COOPERATIVE_APPROACH_ID),
            ("Version of the authorization", _VERSION_OF_THE_AUTHORIZATION),
            (
                "Authorized quantity",
                (
                    "This field is optional. It may be used to specify the maximum"
                    " quantity of mitigation outcomes that are authorized for use towards"
                    " an NDC and/or OIMP"
                ),
            ),
            ("Metric", _VERSION_OF_THE_AUTHORIZATION),
            ("Applicable GWP value(s)", _APPLICABLE_GWP_VALUE_S),
            ("Applicable non-GHG metric", _APPLICABLE_NON_GHG_METRIC),
            (
                "Sector(s)",
                ("Sector(s) in which the mitigation outcome occurred as per common nomenclatures."),
            ),
            (
                "Activity type(s)",
                ("Description of the mitigation activity type(s) as per common nomenclatures."),
            ),
            ("Purposes for authorization", _NA),
            (
                "Authorized Party(ies) ID",
                (
                    "Parties may authorize mitigation outcomes for use by any Party or"
                    " for a specific Party(ies). Where a specific Party(ies) is"
                    " specified, the unique identifier of that Party(ies) is entered here"
                    " as per common nomenclatures."
                ),
            ),
            (
                "Authorized entity(ies) ID",
                (
                    "Unique identifier of the entities that are authorized as per common"
                    " nomenclatures, if applicable."
                ),
            ),
            (
                "OIMP authorized by the Party",
                (
                    "This field is  only applicable if the authorization is for OIMP."
                    " This field specifies the other international mitigation purpose"
                    " (OIMP), which may be an international mitigation purpose (IMP) or"
                    " other purpose (OP). The specific purpose (e.g., use under the"
                    " Carbon Offsetting and Reduction Scheme for International Aviation)"
                    " is entered in this field."
                ),
            ),
            (
                "Authorized timeframe",
                (
                    "This field is optional. It may be filled to specify the timeframe"
                    " for which mitigation outcomes may occur (e.g., from 2021 to 2030)"
                    " that are covered under the authorization and/or the time frame in"
                    " which the mitigation outcomes may be used (e.g. from 2021 to 2030)."
                ),
            ),
            (
                "Authorization terms and conditions",
                (
                    "This field is optional. It may be completed to specify the terms and"
                    " conditions under which the authorization is provided."
                ),
            ),
            (
                "Authorization documentation",
                (
                    "This field is automatically generated by the CARP and includes a"
                    " hyperlink to the relevant documentation for this authorization. "
                ),
            ),
            (
                "First transfer definition for OIMP",
                (
                    "This field is only applicable to authorizations for use towards"
                    " OIMP. This field specifies the first transfer definition used by"
                    " the Party pursuant to decision 2/CMA.3, annex, para. 2(b). In other"
                    " cases, this field is reported as \u2018Not applicable\u2019 (NA)."
                ),
            ),
            ("Additional explanatory information", _ADDITIONAL_EXPLANATORY_INFORMATION),
        ),
        layout.ACTIONS.key: (
            ("Action date", ("Date on which the action was executed in the Party ITMO registry.")),
            ("Action type", ("Action type as per decision 2/CMA.3, annex, para. 20(a).")),
            ("Action subtype", _NA),
            ("Cooperative approach ID", _COOPERATIVE_APPROACH_ID),
            ("Authorization ID", _AUTHORIZATION_ID),
            (
                "First transferring participating Party ID",
                _FIRST_TRANSFERRING_PARTICIPATING_PARTY_ID,
            ),
            (
                "Party ITMO registry ID",
                (
                    "Unique identifier of the Party ITMO registry in which the reported"
                    " action has been tracked as per common nomenclatures.\xa0"
                ),
            ),
            *_UNITS,
            (
                "Transferring participating Party ID",
                (
                    "Unique identifier of the transferring participating Party or, where"
                    " the transfer occurs from the Adaptation Fund to a Party, a unique"
                    " identifier for the Adaptation Fund, as per common nomenclatures."
                    " This field is only applicable to the action type \u2018acquisition\u2019. In"
                    " other cases, this field is reported as \u2018Not applicable\u2019 (NA)."
                ),
            ),
            (
                "Acquiring participating Party ID",
                (
                    "Unique identifier of the acquiring participating Party, or where the"
                    " acquisition occurs by the Adaptation Fund, a unique identifier for"
                    " the Adaptation Fund, as per common nomenclatures. This field is"
                    " applicable to the actions type \u2018first transfer\u2019 and \u2018transfer\u2019. In"
                    " other cases, this field is reported as \u2018Not applicable\u2019 (NA)."
                ),
            ),
            (
                "Purpose for which the ITMO has been used towards or cancelled for OIMP",
                (
                    "This field is completed to specify the purpose for which the ITMO"
                    " has been first transferred for use towards international mitigation"
                    " purposes (IMP), cancelled for other purposes (OP) or cancelled for"
                    " purposes referred to in paragraph 20(a), annex, decision 2/CMA.3."
                    " This field is only applicable to the action types \u2018use\u2019, \u2018first"
                    " transfer\u2019 and \u2018cancellation\u2019. In other cases, this field is"
                    " reported as \u2018Not applicable\u2019 (NA)."
                ),
            ),
            (
                "Using/cancelling participating Party ID",
                (
                    "Unique identifier of the using or cancelling participating Party as"
                    " per common nomenclatures. This field is only applicable to report a"
                    " use for IMP or cancellation for OP. In other cases, this field is"
                    " reported as \u2018Not applicable\u2019 (NA)."
                ),
            ),
            (
                "Using/cancelling authorized entity ID",
                (
                    "Unique identifier of the using or cancelling authorized entity as"
                    " per common nomenclatures. This field is only applicable to report"
                    " the use or cancellation of authorized mitigation outcomes or ITMOs"
                    " by authorized entities. In other cases, this field is reported as"
                    " \u2018Not applicable\u2019 (NA)."
                ),
            ),
            (
                "Calendar year for which the ITMOs are used towards the Party's NDC",
                (
                    "The calendar year for which the ITMOs are used towards an NDC. This"
                    " field is only applicable for use of ITMOs towards the Party\u2019s NDC."
                    " In other cases, this field is reported as \u2018Not applicable\u2019 (NA)."
                ),
            ),
            (
                "Result of the consistency checks",
                (
                    "Shows the result of the consistency check on the reported action as"
                    " per decision 2/CMA.3, annex, para. 33(a). Information in this field"
                    " is populated by the CARP as a result of the consistency check"
                    " procedure. "
                ),
            ),
            ("Additional explanatory information", _ADDITIONAL_EXPLANATORY_INFORMATION),
        ),
        layout.HOLDINGS.key: (
            ("Cooperative approach ID", _COOPERATIVE_APPROACH_ID),
            ("Authorization ID", _AUTHORIZATION_ID),
            (
                "First transferring participating Party ID",
                _FIRST_TRANSFERRING_PARTICIPATING_PARTY_ID,
            ),
            (
                "Party ITMO registry ID",
                ("Unique identifier of the Party ITMO registry in which the ITMOs are held."),
            ),
            *_UNITS,
        ),
        layout.ENTITIES.key: (
            ("Date of the authorization", _DATE_OF_AUTHORIZATION),
            ("Name", _NA),
            ("Country of incorporation", _NA),
            ("Identification number", ("Identification number in the country of incorporation.")),
            ("Cooperative approach ID", _COOPERATIVE_APPROACH_ID),
            (
                "Conditions",
                (
                    "This field is optional. The conditions under which the authorization"
                    " was provided, as applicable."
                ),
            ),
            (
                "Change and revocation conditions",
                (
                    "This field is optional. Whether the authorization could be changed"
                    " or revoked and under which conditions. "
                ),
            ),
            ("Additional explanatory information", _ADDITIONAL_EXPLANATORY_INFORMATION),
        ),
    }
)
"""By table."""

TITLES: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        layout.SUBMISSION.key: ("Table 1: submission", 3),
        layout.AUTHORIZATIONS.key: ("Table 2: Authorizations", 17),
        layout.ACTIONS.key: ("Table 3: Actions", 40),
        layout.HOLDINGS.key: ("Table 4: Holdings", 74),
        layout.ENTITIES.key: ("Table 5: Authorized entities", 97),
    }
)
"""By table: what stands above its footnotes, and in which row."""


def _said_to_be_na(table: layout.Table) -> frozenset[str]:
    fields = {column.title: column.field for column in table.columns}
    said = {fields.get(field, "") for field, text in FOOTNOTES[table.key] if "(NA)" in text}
    # Their group has the footnote.
    underlying = {"underlying_first_id", "underlying_last_id"} & set(fields.values())
    return frozenset(said - {""}) | underlying


NOT_APPLICABLE: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {table.key: _said_to_be_na(table) for table in layout.LISTED}
)
"""By table: fields that are reported as NA where they do not apply."""
