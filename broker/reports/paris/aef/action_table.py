# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a movement of units is in the words of AEF table 3, and for which Party. One table.

| movement | first transfer | who reports | action type, subtype |
|---|---|---|---|
| issuance | no | host | Authorization |
| notice that authorizes units issued without | no | host | Authorization |
| issuance | defined as the authorization | host | First transfer, Authorization |
| issuance | defined as the issuance | host | First transfer, Issuance |
| from Party to Party | yes | giver | First transfer, First transfer to another Party |
| from Party to Party | no | giver | Transfer |
| from Party to Party | either | taker | Acquisition |
| to account 200 | no | user | Use, with the calendar year |
| to account 210 | yes | host | First transfer, Use or cancellation |
| to account 210 | yes | user, where it is not the host | Use |
| to account 210 | no | user | Use |
| to account 300 | yes | host | First transfer, Use or cancellation |
| to account 300 | yes | canceller, where it is not the host | Cancellation |
| to account 300 | no | canceller | Cancellation |
| to account 310 | no | canceller | Cancellation, Voluntary cancellation to deliver OMGE |
| to account 320 | no | canceller | Voluntary Cancellation, Other cancellations |
| to account 330 | no | canceller | Cancellation, Other cancellations |
| to any of these from the Adaptation Fund | yes | host | First transfer, Use or cancellation |
| share of proceeds of an issuance | yes | host | First transfer, Mandatory transfer to the Adaptation Fund |
| share of proceeds of an issuance | no | host | Transfer, Mandatory transfer to the Adaptation Fund |
| OMGE of an issuance | yes | host | First transfer, Mandatory cancellation to deliver OMGE |
| OMGE of an issuance | no | host | Cancellation, Mandatory cancellation to deliver OMGE |
| to the Adaptation Fund later | yes | giver | First transfer, Voluntary transfer to the Adaptation Fund |
| to the Adaptation Fund later | no | giver | Transfer, Voluntary transfer to the Adaptation Fund |
| from the Adaptation Fund | yes | host | First transfer, First transfer to another Party |
| from the Adaptation Fund | yes | taker | Acquisition, from the host |
| from the Adaptation Fund | no | taker | Acquisition, from the Adaptation Fund |

Sources: AEF table 3 (4/CMA.6 annex II), 2/CMA.3 annex paras 2 and 20(a), common nomenclatures items
26 and 52; 3/CMA.3 annex paras 58-60. Units of an issuance that are allotted at once are authorized by it
first, and then leave. An event that is the first transfer is reported by its host as that, once, and not a
second time as the use, cancellation or authorization that it also is; another Party that uses or cancels
reports its own part of it. Who uses or cancels is the Party that held the units: accounts of the
mechanism registry for it may be another's, or nobody's. The Adaptation Fund is no Party and reports
nothing. Movements between registries of one Party,
and of units that exist by no authorization, are no actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from aef.model import ActionSubtype, ActionType
from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.purposes import Purpose


class Happening(StrEnum):
    """What a movement is, before it is asked whether it first transfers."""

    ISSUED = "issued"
    AUTHORIZED_LATER = "authorized after it was issued"
    TRANSFERRED = "transferred from Party to Party"
    USED_NDC = "used towards an NDC"
    USED_IMP = "used for international mitigation purposes"
    CANCELLED_OP = "cancelled for other purposes"
    CANCELLED_OMGE = "cancelled for overall mitigation, voluntarily"
    CANCELLED_VOLUNTARILY = "cancelled voluntarily"
    CANCELLED_OTHERWISE = "cancelled by an administrator, or otherwise"
    SPENT_BY_FUND = "used or cancelled out of what the Adaptation Fund holds"
    ALLOTTED_TO_FUND = "share of proceeds of an issuance"
    ALLOTTED_TO_OMGE = "overall mitigation share of an issuance"
    GIVEN_TO_FUND = "given to the Adaptation Fund later"
    ACQUIRED_FROM_FUND = "acquired from the Adaptation Fund"


class First(StrEnum):
    """Whether the movement first transfers the units, and if at issuance, by which definition."""

    NO = "no"
    YES = "yes"
    AUTHORIZATION = "by authorization"
    ISSUANCE = "by issuance"


class Reporter(StrEnum):
    """Whose action it is."""

    HOST = "first transferring Party"
    GIVER = "transferring Party"
    TAKER = "acquiring Party"
    SPENDER = "using or cancelling Party"
    OTHER_SPENDER = "using or cancelling Party, where it is not the first transferring Party"


@dataclass(frozen=True, slots=True)
class Meaning:
    """An action of one Party.

    Attributes:
        other_purpose: Whether it states the purpose, and the Party or entity, of use or cancellation
            (columns "Purpose for which ..." to "Using/cancelling ..." of table 3).
    """

    reporter: Reporter
    type: ActionType
    subtype: ActionSubtype | None = None
    other_purpose: bool = False


BETWEEN: Final = frozenset(
    {
        Happening.TRANSFERRED,
        Happening.ALLOTTED_TO_FUND,
        Happening.GIVEN_TO_FUND,
        Happening.ACQUIRED_FROM_FUND,
    }
)
"""What names a transferring or acquiring Party; the Adaptation Fund stands in the place of one."""
_SPENT_FOR: Final[Mapping[Purpose, Happening]] = MappingProxyType(
    {
        Purpose.NDC: Happening.USED_NDC,
        Purpose.IMP: Happening.USED_IMP,
        Purpose.OP: Happening.CANCELLED_OP,
    }
)
_CANCELLED: Final[Mapping[AccountType, Happening]] = MappingProxyType(
    {
        AccountType.CANCELLATION_OMGE_VOLUNTARY: Happening.CANCELLED_OMGE,
        AccountType.CANCELLATION_VOLUNTARY: Happening.CANCELLED_VOLUNTARILY,
    }
)


def _spent_in(kind: AccountType) -> Happening:
    if kind.purpose is not None:
        return _SPENT_FOR[kind.purpose]
    return _CANCELLED.get(kind, Happening.CANCELLED_OTHERWISE)


FINAL: Final[Mapping[int, Happening]] = MappingProxyType(
    {kind.value: _spent_in(kind) for kind in AccountType if kind.final}
)
"""By the type of the account that the units enter. A type added to the nomenclature is reported by
its purpose; without one, as another cancellation."""

_ACQUIRED: Final = Meaning(Reporter.TAKER, ActionType.ACQUISITION)
_SPENT_FIRST: Final = Meaning(
    Reporter.HOST, ActionType.FIRST_TRANSFER, ActionSubtype.USE_OR_CANCELLATION, other_purpose=True
)


def _cancelled(
    subtype: ActionSubtype | None, kind: ActionType = ActionType.CANCELLATION
) -> tuple[Meaning, ...]:
    return (Meaning(Reporter.SPENDER, kind, subtype, other_purpose=True),)


def _left(reporter: Reporter, kind: ActionType, subtype: ActionSubtype) -> tuple[Meaning, ...]:
    return (Meaning(reporter, kind, subtype),)


MEANINGS: Final[Mapping[tuple[Happening, First], tuple[Meaning, ...]]] = MappingProxyType(
    {
        (Happening.ISSUED, First.NO): (Meaning(Reporter.HOST, ActionType.AUTHORIZATION),),
        (Happening.AUTHORIZED_LATER, First.NO): (Meaning(Reporter.HOST, ActionType.AUTHORIZATION),),
        (Happening.ISSUED, First.AUTHORIZATION): (
            Meaning(Reporter.HOST, ActionType.FIRST_TRANSFER, ActionSubtype.AUTHORIZATION),
        ),
        (Happening.ISSUED, First.ISSUANCE): (
            Meaning(Reporter.HOST, ActionType.FIRST_TRANSFER, ActionSubtype.ISSUANCE),
        ),
        (Happening.TRANSFERRED, First.YES): (
            Meaning(Reporter.GIVER, ActionType.FIRST_TRANSFER, ActionSubtype.FIRST_INTERNATIONAL),
            _ACQUIRED,
        ),
        (Happening.TRANSFERRED, First.NO): (
            Meaning(Reporter.GIVER, ActionType.TRANSFER),
            _ACQUIRED,
        ),
        (Happening.USED_NDC, First.NO): (Meaning(Reporter.SPENDER, ActionType.USE),),
        (Happening.USED_IMP, First.YES): (
            _SPENT_FIRST,
            Meaning(Reporter.OTHER_SPENDER, ActionType.USE, other_purpose=True),
        ),
        (Happening.USED_IMP, First.NO): (
            Meaning(Reporter.SPENDER, ActionType.USE, other_purpose=True),
        ),
        (Happening.CANCELLED_OP, First.YES): (
            _SPENT_FIRST,
            Meaning(Reporter.OTHER_SPENDER, ActionType.CANCELLATION, other_purpose=True),
        ),
        (Happening.CANCELLED_OP, First.NO): _cancelled(None),
        (Happening.SPENT_BY_FUND, First.YES): (_SPENT_FIRST,),
        (Happening.CANCELLED_OMGE, First.NO): _cancelled(ActionSubtype.VOLUNTARY_OMGE),
        (Happening.CANCELLED_VOLUNTARILY, First.NO): _cancelled(
            ActionSubtype.OTHER_CANCELLATION, ActionType.VOLUNTARY_CANCELLATION
        ),
        (Happening.CANCELLED_OTHERWISE, First.NO): _cancelled(ActionSubtype.OTHER_CANCELLATION),
        (Happening.ALLOTTED_TO_FUND, First.YES): _left(
            Reporter.HOST, ActionType.FIRST_TRANSFER, ActionSubtype.MANDATORY_ADAPTATION_FUND
        ),
        (Happening.ALLOTTED_TO_FUND, First.NO): _left(
            Reporter.HOST, ActionType.TRANSFER, ActionSubtype.MANDATORY_ADAPTATION_FUND
        ),
        (Happening.ALLOTTED_TO_OMGE, First.YES): _left(
            Reporter.HOST, ActionType.FIRST_TRANSFER, ActionSubtype.MANDATORY_OMGE
        ),
        (Happening.ALLOTTED_TO_OMGE, First.NO): _left(
            Reporter.HOST, ActionType.CANCELLATION, ActionSubtype.MANDATORY_OMGE
        ),
        (Happening.GIVEN_TO_FUND, First.YES): _left(
            Reporter.GIVER, ActionType.FIRST_TRANSFER, ActionSubtype.VOLUNTARY_ADAPTATION_FUND
        ),
        (Happening.GIVEN_TO_FUND, First.NO): _left(
            Reporter.GIVER, ActionType.TRANSFER, ActionSubtype.VOLUNTARY_ADAPTATION_FUND
        ),
        (Happening.ACQUIRED_FROM_FUND, First.YES): (
            Meaning(Reporter.HOST, ActionType.FIRST_TRANSFER, ActionSubtype.FIRST_INTERNATIONAL),
            _ACQUIRED,
        ),
        (Happening.ACQUIRED_FROM_FUND, First.NO): (_ACQUIRED,),
    }
)
"""What is not here cannot happen under the rulebook: a use towards an NDC, for one, is never what
first transfers (2/CMA.3 annex para 2(a))."""
