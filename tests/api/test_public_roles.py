# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who owes a share of proceeds is shown to which account it goes; of other accounts nothing is shown."""

from __future__ import annotations

from broker.known_regimes import ALL_REGIMES
from itmo.clearing.v1 import directory_service_pb2
from itmo.core.v1 import rulebooks_pb2
from itmo.kyoto.v1 import terms_pb2
from tests.api.broker_kit import SECONDS, served
from tests.kit.cdm import CDM, FUND, open_fund
from tests.kit.kyoto import open_kyoto, take_part


async def test_everybody_is_shown_which_account_is_the_adaptation_funds() -> None:
    async with served(regimes=ALL_REGIMES) as running:
        cdm = await running.world.admit("cdm", CDM)
        await take_part(running.world, CDM, "kyoto")
        await open_fund(cdm)
        holding = await open_kyoto(cdm, CDM, 100)
        excess = await open_kyoto(cdm, CDM, 240, period=1)
        await running.world.admit("tha", "THA01")
        stranger = await running.line("tha")
        asked = directory_service_pb2.ListAccountsRequest(registry=CDM)
        shown = (await stranger.directory.ListAccounts(asked, timeout=SECONDS)).accounts
        terms = {each.account_id: each.terms for each in shown}
        nothing = rulebooks_pb2.AccountTerms()
        assert terms[FUND].kyoto.role == terms_pb2.ACCOUNT_ROLE_ADAPTATION_FUND
        assert (terms[holding], terms[excess]) == (nothing, nothing)
