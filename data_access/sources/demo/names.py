"""Invented people and places: nobody lives here, and no letter would arrive."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_access.sources.demo.chance import Ints, choice_of
from data_access.sources.demo.columns import Arrow, as_text, joined, words

COUNTRIES = ("DE", "AT", "NL", "FR", "IT", "IE")
COUNTRY_SHARE = np.array([0.46, 0.13, 0.14, 0.13, 0.09, 0.05])

FIRST_NAMES = (
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jonas", "Karin",
    "Leon", "Marie", "Noah", "Olivia", "Paul", "Rosa", "Simon", "Tessa", "Ugo", "Vera", "Willem",
    "Yves", "Zita", "Aoife", "Bruno", "Chiara", "Daan", "Elise", "Finn", "Giulia", "Hanna", "Inès",
    "Jan", "Katharina", "Luca", "Maud", "Niamh", "Oscar", "Pia",
)  # fmt: skip
LAST_NAMES = (
    "Ahorn", "Bachstein", "Cordes", "Dornfeld", "Eichwald", "Fichtner", "Grünberg", "Holmbach",
    "Immergrün", "Jasmund", "Kastanie", "Lindenau", "Moosbach", "Nordhoff", "Ostermann", "Pappel",
    "Quellbrunn", "Rosenthaler", "Sandberg", "Tannenhof", "Ulmenstein", "Vogelsang", "Weidenbach",
    "Zypress", "van Berken", "de Eik", "Duchêne", "Lafougère", "Querceto", "Olmetti", "O'Birch",
    "McAlder",
)  # fmt: skip
_STREETS: tuple[tuple[str, ...], ...] = (
    ("Musterweg", "Beispielstraße", "Lindenallee", "Am Mustermarkt", "Probegasse", "Birkenring"),
    ("Mustergasse", "Beispielplatz", "Almweg", "Probestraße", "Enzianweg"),
    ("Voorbeeldstraat", "Testlaan", "Berkenplein", "Modelkade", "Tulpenpad"),
    ("rue de l'Exemple", "avenue du Modèle", "impasse des Essais", "place Fictive"),
    ("via Esempio", "piazza Modello", "viale Prova", "via dei Tigli Finti"),
    ("Example Street", "Sample Lane", "Model Row", "Specimen Road"),
)
_CITIES: tuple[tuple[str, ...], ...] = (
    ("Musterstadt", "Beispielhausen", "Neu-Probeburg", "Lindenau am Modell", "Probstadt"),
    ("Mustertal", "Beispielkirchen", "St. Probus"),
    ("Voorbeelddam", "Testwijk", "Modelhoven"),
    ("Exempleville", "Saint-Modèle", "Essai-sur-Loire"),
    ("Esempia", "Modello Terme", "Provara"),
    ("Exampletown", "Ballysample", "Modelford"),
)
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.example")
"""Reserved for examples: mail to them arrives nowhere."""
_MAIL_SHARE = (0, 0, 0, 0, 1, 1, 2, 2, 3, 4)

_IP_BLOCK = 64
"""Addresses 100.64.0.0/10 are nobody's on the internet; each country has ten second octets."""
FOREIGN_BLOCK = 124
"""Second octet of addresses that stand for networks outside the six countries (proxies)."""


def ip_country(ip: str) -> str | None:
    """Country of a demo address; None for proxies and for addresses of other shops."""
    octets = ip.split(".")
    if len(octets) != 4 or octets[0] != "100" or not octets[1].isdigit():
        return None
    place = (int(octets[1]) - _IP_BLOCK) // 10
    return COUNTRIES[place] if 0 <= place < len(COUNTRIES) else None


def full_names(seed: int, person: NDArray[np.integer]) -> Arrow:
    first = words(FIRST_NAMES, choice_of(seed, "first-name", person, len(FIRST_NAMES)))
    last = words(LAST_NAMES, choice_of(seed, "last-name", person, len(LAST_NAMES)))
    return joined(first, " ", last)


def emails(seed: int, person: NDArray[np.integer]) -> Arrow:
    first = words(_plain(FIRST_NAMES), choice_of(seed, "first-name", person, len(FIRST_NAMES)))
    last = words(_plain(LAST_NAMES), choice_of(seed, "last-name", person, len(LAST_NAMES)))
    place = choice_of(seed, "mail", person, len(_MAIL_SHARE))
    domain = words(MAIL_DOMAINS, np.array(_MAIL_SHARE)[place])
    return joined(first, ".", last, as_text(person), "@", domain)


def _plain(names: tuple[str, ...]) -> list[str]:
    table = str.maketrans("üêèßñ'é", "ueesn_e")
    return [name.lower().replace(" ", "").translate(table).replace("_", "") for name in names]


def phones(seed: int, person: NDArray[np.integer]) -> Arrow:
    """Numbers of the kind that regulators set aside for stories."""
    return joined("+49 30 23125 ", as_text(100 + choice_of(seed, "phone", person, 900)))


def cities(seed: int, home: NDArray[np.integer], country: NDArray[np.integer]) -> Arrow:
    return _by_country(_CITIES, seed, "city", home, country)


def postcodes(seed: int, home: NDArray[np.integer]) -> Arrow:
    return as_text(10_000 + choice_of(seed, "postcode", home, 89_000))


def addresses(seed: int, home: NDArray[np.integer], country: NDArray[np.integer]) -> Arrow:
    """Street, number, postcode and city of a home, from the home's number alone."""
    street = _by_country(_STREETS, seed, "street", home, country)
    number = as_text(1 + choice_of(seed, "house", home, 180))
    return joined(
        street, " ", number, ", ", postcodes(seed, home), " ", cities(seed, home, country)
    )


def _by_country(
    lists: tuple[tuple[str, ...], ...],
    seed: int,
    process: str,
    home: NDArray[np.integer],
    country: NDArray[np.integer],
) -> Arrow:
    sizes = np.array([len(names) for names in lists])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    flat = [name for names in lists for name in names]
    return words(flat, starts[country] + choice_of(seed, process, home, sizes[country]))


def ips(
    seed: int,
    line: NDArray[np.integer],
    country: NDArray[np.integer],
    foreign: NDArray[np.bool_] | None = None,
) -> Arrow:
    """Address of an internet line, from the line's number and country."""
    second: Ints = _IP_BLOCK + 10 * country + choice_of(seed, "ip-2", line, 10)
    if foreign is not None:
        second = np.where(foreign, FOREIGN_BLOCK + choice_of(seed, "ip-2", line, 4), second)
    return joined(
        "100.",
        as_text(second),
        ".",
        as_text(choice_of(seed, "ip-3", line, 256)),
        ".",
        as_text(1 + choice_of(seed, "ip-4", line, 254)),
    )
