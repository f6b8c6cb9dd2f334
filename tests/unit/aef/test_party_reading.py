# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every way in which files name a Party, and what names none."""

from __future__ import annotations

import pytest

from aef.code_values import read_party
from aef.party_lists import excludes_no_entity, read_parties
from aef.syntax_codes import Code

NAMES = {
    "CHE": (
        "Switzerland|SWITZERLAND|Suisse|Suiza|Swiss Confederation|Confédération suisse|"
        "Confederation suisse|The Swiss Confederation|CHE - Switzerland|"
        "Switzerland (CHE)|Switzerland/CHE|CHE/Switzerland|Switzerland, CHE|"
        "CHE, Switzerland|CH (Switzerland)|che| che |CHE.|C H E|CHE*|CHE\u00b9|Switzerland*|"
        "Switzerland\u00b9|La Suisse|Government of Switzerland|Switzerland\n|"
        "Party: Switzerland|Suisse (la)|Suiza (CHE)|Switzerland [CHE]|CHE: Switzerland|"
        "CHE \u2013 Switzerland|CHE\u2013Switzerland|CHE_Switzerland|Switzerland (the)|"
        "Switzerland (CH)|Republic of Switzerland|CH-CHE|CH/CHE|CHE; Switzerland|"
        "CHE\nSwitzerland|CHE Switzerland|Switzerland CHE"
    ),
    "GBR": (
        "UK|U.K.|United Kingdom|United Kingdom of Great Britain and Northern Ireland|"
        "Royaume-Uni|Royaume-Uni de Grande-Bretagne et d'Irlande du Nord|Reino Unido|"
        "The United Kingdom|Great Britain|GB|G.B.|Britain|"
        "Reino Unido de Gran Bretaña e Irlanda del Norte|United Kingdom (UK)|The UK"
    ),
    "TUR": (
        "Türkiye|Turkiye|Turkey|TURKEY|Turquie|Turquía|Republic of Türkiye|"
        "Republic of Turkey|TR|Türkiye (Turkey)|Republic of Turkiye|"
        "République de Türkiye|Turkey/Türkiye"
    ),
    "VNM": (
        "Viet Nam|Vietnam|VIETNAM|Viêt Nam|Viêtnam|Socialist Republic of Viet Nam|"
        "Socialist Republic of Vietnam|Việt Nam|VN|Viet-Nam"
    ),
    "KOR": (
        "Republic of Korea|Korea, Republic of|Korea (Republic of)|"
        "Korea (the Republic of)|South Korea|Rep. of Korea|République de Corée|"
        "República de Corea|Corée du Sud|Corea del Sur|Korea, Rep.|ROK|S. Korea|"
        "Korea (South)"
    ),
    "PRK": (
        "Democratic People's Republic of Korea|Democratic People\u2019s Republic of Korea|"
        "Korea (Democratic People's Republic of)|DPRK|North Korea|"
        "République populaire démocratique de Corée|"
        "República Popular Democrática de Corea|DPR Korea"
    ),
    "CIV": (
        "Côte d'Ivoire|Cote d'Ivoire|Côte d\u2019Ivoire|COTE D'IVOIRE|Ivory Coast|"
        "Republic of Côte d'Ivoire|Côte-d'Ivoire"
    ),
    "COD": (
        "Democratic Republic of the Congo|Congo, Democratic Republic of the|DR Congo|DRC|"
        "D.R. Congo|République démocratique du Congo|República Democrática del Congo|"
        "Congo (the Democratic Republic of the)|Dem. Rep. of the Congo|RDC"
    ),
    "COG": (
        "Congo|Republic of the Congo|Congo (the)|République du Congo|Congo-Brazzaville|"
        "Republic of Congo"
    ),
    "LAO": (
        "Lao People's Democratic Republic|Laos|Lao PDR|Lao P.D.R.|"
        "République démocratique populaire lao|República Democrática Popular Lao|"
        "Lao People's Democratic Republic (the)|LAO PDR"
    ),
    "TZA": (
        "United Republic of Tanzania|Tanzania|Tanzania, United Republic of|"
        "République-Unie de Tanzanie|República Unida de Tanzanía|"
        "Tanzania (United Republic of)|Tanzanie"
    ),
    "BOL": (
        "Bolivia (Plurinational State of)|Bolivia|Plurinational State of Bolivia|"
        "Estado Plurinacional de Bolivia|Bolivie (État plurinational de)"
    ),
    "VEN": (
        "Venezuela (Bolivarian Republic of)|Venezuela|Bolivarian Republic of Venezuela|"
        "República Bolivariana de Venezuela|Venezuela, RB"
    ),
    "IRN": (
        "Iran (Islamic Republic of)|Iran|Islamic Republic of Iran|"
        "Irán (República Islámica del)|Iran, Islamic Rep."
    ),
    "MDA": ("Republic of Moldova|Moldova|Moldova, Republic of|République de Moldova|Moldavia"),
    "SWZ": ("Eswatini|Swaziland|Kingdom of Eswatini|eSwatini"),
    "MKD": (
        "North Macedonia|Macedonia|Macédoine du Nord|Macedonia del Norte|FYROM|"
        "Republic of North Macedonia"
    ),
    "CZE": (
        "Czechia|Czech Republic|Tchéquie|Chequia|Czech Rep.|République tchèque|República Checa"
    ),
    "CPV": ("Cabo Verde|Cape Verde|Cap-Vert"),
    "GMB": ("Gambia|The Gambia|Gambia (the)|Gambie|Republic of The Gambia|Gambia, The"),
    "NLD": (
        "Netherlands|Netherlands (Kingdom of the)|The Netherlands|"
        "Kingdom of the Netherlands|Pays-Bas|Países Bajos|Pays-Bas (Royaume des)|Holland"
    ),
    "USA": (
        "United States|USA|U.S.A.|US|United States of America|États-Unis d'Amérique|"
        "Etats-Unis|Estados Unidos de América|Estados Unidos|The United States of America"
    ),
    "ARE": (
        "United Arab Emirates|UAE|U.A.E.|Emiratos Árabes Unidos|Émirats arabes unis|"
        "United Arab Emirates (the)"
    ),
    "XEU": (
        "European Union|EU|E.U.|European Union (EU)|Union européenne|Unión Europea|"
        "The European Union|EU27|UE"
    ),
    "GHA": ("Ghana|GHANA|Republic of Ghana|GH|ghana|Ghana "),
    "THA": ("Thailand|Kingdom of Thailand|Thaïlande|Tailandia|TH"),
    "JPN": ("Japan|Japon|Japón|JP|Japan (JPN)"),
    "SGP": ("Singapore|Republic of Singapore|Singapour|Singapur|SG"),
    "NOR": ("Norway|Kingdom of Norway|Norvège|Noruega|NO"),
    "SWE": ("Sweden|Kingdom of Sweden|Suède|Suecia|SE"),
    "NAM": ("Namibia|NA-Namibia|Namibie|NAM"),
    "BRA": ("Brazil|Brésil|Brasil|Federative Republic of Brazil"),
    "DEU": ("Germany|Allemagne|Alemania|Federal Republic of Germany"),
    "MMR": ("Myanmar|Burma|Republic of the Union of Myanmar"),
    "STP": (
        "Sao Tome and Principe|São Tomé and Príncipe|Sao Tomé-et-Principe|"
        "Santo Tomé y Príncipe|São Tomé & Príncipe"
    ),
    "TTO": (
        "Trinidad and Tobago|Trinidad & Tobago|Trinité-et-Tobago|Trinidad y Tabago|Trinidad-Tobago"
    ),
    "ATG": ("Antigua and Barbuda|Antigua & Barbuda|Antigua y Barbuda|Antigua-et-Barbuda"),
    "BIH": (
        "Bosnia and Herzegovina|Bosnia & Herzegovina|Bosnie-Herzégovine|"
        "Bosnia y Herzegovina|Bosnia-Herzegovina"
    ),
    "PNG": ("Papua New Guinea|Papouasie-Nouvelle-Guinée|Papua Nueva Guinea|PNG|P.N.G."),
    "GUY": ("Guyana|Co-operative Republic of Guyana|GY"),
    "GIN": ("Guinea|Guinée|Republic of Guinea"),
    "GNB": ("Guinea-Bissau|Guinea Bissau|Guinée-Bissau"),
    "GNQ": ("Equatorial Guinea|Guinée équatoriale|Guinea Ecuatorial"),
    "NER": ("Niger|Niger (the)|Níger|Republic of the Niger"),
    "NGA": ("Nigeria|Nigéria|Federal Republic of Nigeria"),
    "DOM": (
        "Dominican Republic|République dominicaine|República Dominicana|Dominican Republic (the)"
    ),
    "DMA": ("Dominica|Dominique|Commonwealth of Dominica"),
    "SDN": ("Sudan|The Sudan|Soudan|Sudan (the)"),
    "SSD": ("South Sudan|Soudan du Sud|Sudán del Sur"),
    "FSM": ("Micronesia (Federated States of)|Federated States of Micronesia|Micronesia"),
    "SYR": ("Syrian Arab Republic|Syria|République arabe syrienne|Syrie"),
    "KNA": ("Saint Kitts and Nevis|St Kitts and Nevis|St. Kitts & Nevis|Saint-Kitts-et-Nevis"),
    "VCT": (
        "Saint Vincent and the Grenadines|St. Vincent and the Grenadines|"
        "San Vicente y las Granadinas"
    ),
    "LCA": ("Saint Lucia|St. Lucia|Sainte-Lucie|Santa Lucía"),
    "CHN": ("China|Chine|People's Republic of China|PRC"),
    "RUS": ("Russian Federation|Russia|Fédération de Russie|Federación de Rusia"),
    "PSE": ("State of Palestine|Palestine"),
    "NZL": ("New Zealand|Nouvelle-Zélande|Nueva Zelandia|Nueva Zelanda|Aotearoa New Zealand"),
    "ZAF": ("South Africa|Afrique du Sud|Sudáfrica|Republic of South Africa|RSA"),
    "CAF": ("Central African Republic|République centrafricaine"),
    "KGZ": ("Kyrgyzstan|Kyrgyz Republic|Kirghizistan"),
    "VUT": ("Vanuatu|Republic of Vanuatu"),
    "TLS": ("Timor-Leste|Timor Leste|East Timor"),
    "LKA": ("Sri Lanka"),
    "MDV": ("Maldives|Republic of Maldives"),
    "KHM": ("Cambodia|Kingdom of Cambodia|Cambodge|Camboya"),
    "MWI": ("Malawi"),
    "ZWE": ("Zimbabwe"),
    "RWA": ("Rwanda|Ruanda"),
    "SUR": ("Suriname|Surinam"),
    "MNG": ("Mongolia|Mongolie"),
    "PER": ("Peru|Perú|Pérou"),
    "SEN": ("Senegal|Sénégal"),
    "CHL": ("Chile|Chili"),
    "MEX": ("Mexico|México|Mexique"),
    "ETH": ("Ethiopia|Éthiopie"),
    "TUN": ("Tunisia|Tunisie|Túnez"),
    "MAR": ("Morocco|Maroc|Marruecos"),
    "PLW": ("Palau|Palaos"),
    "UZB": ("Uzbekistan|Ouzbékistan"),
    "LIE": ("Liechtenstein"),
    "MCO": ("Monaco|Mónaco"),
    "FJI": ("Fiji|Fidji"),
    "DNK": ("Denmark|Danemark|Dinamarca"),
    "AUT": ("Austria|Autriche"),
    "AUS": ("Australia|Australie"),
}
"""Names and codes by the Party that they name, with a bar between them."""

NOBODY = (
    "No|no|is|It|(NA)|NA*|N A|N/A?|Na|"
    "Any Party|1006 is to act|Siam|?|Korea Switzerland|Switzerland and Thailand|CHE, THA|"
    "CHE/THA|Swiss company|South Pole|KliK Foundation|Carbon Fund of Switzerland|TBD|"
    "to be determined|pending|Unknown|Host Party|the Party|ZZZ|XEU2| 1006|1006|"
    "Airlines|other|Congo and Gabon|Georgia State|America|Korea/Japan|CARP|"
    "Energy Absolute Public Company|not yet known|CORSIA|IATA|World Bank|Gold Standard|"
    "see below|CHE (tbc)|CHE?|THA -> CHE|not CHE|except Switzerland|Swizerland|"
    "Republic of China|e.g. CHE|CHE, ...|State of Georgia (USA)"
)
"""What stands in cells of Parties and becomes no actor."""

LISTS = {
    "Switzerland, Sweden": "CHE SWE",
    "Switzerland and Sweden": "CHE SWE",
    "Switzerland; Sweden; Norway": "CHE SWE NOR",
    "CHE/SWE": "CHE SWE",
    "CHE\nSWE": "CHE SWE",
    "CHE & SWE": "CHE SWE",
    "Suisse et Suède": "CHE SWE",
    "Suiza y Suecia": "CHE SWE",
    "CHE SWE": "CHE SWE",
    "CHE or SWE": "CHE SWE",
    "Switzerland (CHE), Sweden (SWE)": "CHE SWE",
    "CHE - Switzerland": "CHE",
    "CHE-Switzerland; SWE-Sweden": "CHE SWE",
    "Switzerland - CHE, Sweden - SWE": "CHE SWE",
    "United Kingdom of Great Britain and Northern Ireland, Switzerland": "GBR CHE",
    "UK, CH": "GBR CHE",
    "U.K. and Switzerland": "GBR CHE",
    "Republic of Korea, Japan": "KOR JPN",
    "Korea, Republic of, Japan": "KOR JPN",
    "Bosnia and Herzegovina and Serbia": "BIH SRB",
    "Viet Nam, Türkiye": "VNM TUR",
    "Côte d\u2019Ivoire; Ghana": "CIV GHA",
    "CHE,": "CHE",
    "CHE;SWE": "CHE SWE",
    "CHE|SWE": "CHE SWE",
    "\u2022 CHE\n\u2022 SWE": "CHE SWE",
    "CHE, SWE.": "CHE SWE",
    "CHE*": "CHE",
    "CHE\u00b9, SWE\u00b2": "CHE SWE",
    "Switzerland, Sweden and Norway": "CHE SWE NOR",
}
"""Cells that name several Parties."""

NO_LISTS = (
    "to be in|as is|it is so|CHE or no|"
    "1. Switzerland 2. Sweden|Switzerland and others|CHE, TBD|CHE, etc.|CHE only|"
    "Switzerland only|e.g. CHE|all except CHE|CHE, ...|any Party except THA|not CHE|CHE?|"
    "EU member States|CHE, NA|CHE, n/a"
)
NO_LIMITS = (
    "Any Party|any party|ANY PARTY|All Parties|Any|Any Party to the Paris Agreement|"
    "Any participating Party|Any Party.|any parties|Toute Partie|Cualquier Parte|"
    "No restriction|No limitation|Not limited|Unrestricted|Cooperative Approach Parties|"
    "Cooperative approach Parties|Parties to the cooperative approach|"
    "Any Party participating in the cooperative approach|Participating Parties|"
    "All participating Parties|any country|All countries|open to all Parties|No limit|"
    "Without limitation|toutes les Parties|todas las Partes|Any Party*|"
    "Any Party to the cooperative approach"
)
"""Texts that say that no Party is excluded."""


@pytest.mark.parametrize(("party", "names"), NAMES.items(), ids=NAMES)
def test_a_party_by_any_of_its_names(party: str, names: str) -> None:
    found = {name: read_party(name.strip()) for name in names.split("|")}
    assert {name for name, each in found.items() if each.value != party or not each.usable} == set()


def test_what_names_no_party_becomes_no_actor() -> None:
    found = {text: read_party(text.strip()) for text in NOBODY.split("|")}
    assert {text for text, each in found.items() if each.usable or each.value} == set()
    assert {code for each in found.values() for code in each.codes} == {Code.PARTY_UNKNOWN}


@pytest.mark.parametrize(("text", "parties"), LISTS.items())
def test_several_parties_in_one_cell(text: str, parties: str) -> None:
    found = read_parties(text)
    assert (found.value, found.usable) == (tuple(parties.split()), True)


def test_a_list_with_a_word_that_is_none_of_it_is_not_read() -> None:
    found = {text: read_parties(text) for text in NO_LISTS.split("|")}
    assert {text for text, each in found.items() if each.usable or each.value} == set()


def test_no_party_is_excluded() -> None:
    found = {text: read_parties(text) for text in NO_LIMITS.split("|")}
    wrong = {text for text, each in found.items() if each.codes != (Code.PARTY_ANY,)}
    assert wrong == set()


def test_no_entity_is_excluded() -> None:
    said = (
        "Any entity|All entities|Cooperative Approach Entities|Authorized entities|All authorised"
        " entities|Any authorized entity|Entities participating in the cooperative approach|No limit"
    )
    assert {text for text in said.split("|") if not excludes_no_entity(text)} == set()
    named = "Airline A|Any Entity Ltd|Entity 1|the entity|Authorized Airlines Inc."
    assert {text for text in named.split("|") if excludes_no_entity(text)} == set()
