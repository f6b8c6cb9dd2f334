# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Numbers of accounts as registries print them, such as GB-210-10000013-1-70, and their check digits.

On the wire of the older exchange only registry, type and id travelled; the two digits at the end are a
registry's own, and the letters that they are computed from need not be those that it prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from broker.rulebook.kyoto.tables import REGISTRY_LETTERS

_NUMBER: Final = re.compile(
    r"(?P<printed>[A-Z]{2})-(?P<kind>\d{3})-(?P<number>[1-9]\d{0,14})-(?P<period>\d)-(?P<check>\d{1,2})"
)
_MODULUS: Final = 97
_HIGHEST: Final = 98
"""The digits are what is missing to it."""
_FIRST_LETTER: Final = ord("A") - 10
"""A is 10, Z is 35."""


@dataclass(frozen=True, slots=True)
class AccountNumber:
    """An account as its registry numbers it.

    Attributes:
        printed: Two letters of the registry, as it prints them.
        kind: Type of the account.
        period: Commitment period; 0 where the account is for none.
    """

    printed: str
    kind: int
    number: int
    period: int

    def __str__(self) -> str:
        """As it is printed."""
        digits = check_digits(self, REGISTRY_LETTERS.get(self.printed, self.printed))
        return f"{self.printed}-{self.kind}-{self.number}-{self.period}-{digits}"


def check_digits(account: AccountNumber, letters: str) -> int:
    """The check digits of an account, computed from the registry's two letters."""
    return _HIGHEST - int(_body(account, letters) + "00") % _MODULUS


def parse_account_number(text: str) -> AccountNumber | None:
    """Reads a printed number; None where it has another form or its check digits do not fit.

    They fit when they were computed from the letters of the registry, or from those printed.
    """
    parts = _NUMBER.fullmatch(text)
    if parts is None:
        return None
    account = AccountNumber(
        printed=parts["printed"],
        kind=int(parts["kind"]),
        number=int(parts["number"]),
        period=int(parts["period"]),
    )
    check = f"{int(parts['check']):02}"
    for letters in (REGISTRY_LETTERS.get(account.printed, account.printed), account.printed):
        if int(_body(account, letters) + check) % _MODULUS == 1:
            return account
    return None


def _body(account: AccountNumber, letters: str) -> str:
    told = "".join(str(ord(letter) - _FIRST_LETTER) for letter in letters)
    return f"{account.number}{told}{account.kind:03}{account.period:02}"
