"""Country names as shops write them → ISO 3166-1 alpha-2."""

from __future__ import annotations

_BY_NAME = {
    "argentina": "AR", "australia": "AU", "austria": "AT", "bahrain": "BH", "belgium": "BE",
    "bermuda": "BM", "brazil": "BR", "bulgaria": "BG", "canada": "CA", "chile": "CL",
    "china": "CN", "croatia": "HR", "cyprus": "CY", "czech republic": "CZ", "czechia": "CZ",
    "denmark": "DK", "eire": "IE", "estonia": "EE", "finland": "FI", "france": "FR",
    "germany": "DE", "gibraltar": "GI", "greece": "GR", "guernsey": "GG", "hong kong": "HK",
    "hungary": "HU", "iceland": "IS", "india": "IN", "ireland": "IE", "isle of man": "IM",
    "israel": "IL", "italy": "IT", "japan": "JP", "jersey": "JE", "korea": "KR",
    "latvia": "LV", "lebanon": "LB", "liechtenstein": "LI", "lithuania": "LT",
    "luxembourg": "LU", "malta": "MT", "mexico": "MX", "monaco": "MC", "netherlands": "NL",
    "new zealand": "NZ", "nigeria": "NG", "norway": "NO", "poland": "PL", "portugal": "PT",
    "romania": "RO", "rsa": "ZA", "saudi arabia": "SA", "singapore": "SG", "slovakia": "SK",
    "slovenia": "SI", "south africa": "ZA", "south korea": "KR", "spain": "ES", "sweden": "SE",
    "switzerland": "CH", "thailand": "TH", "turkey": "TR", "uk": "GB", "ukraine": "UA",
    "united arab emirates": "AE", "united kingdom": "GB", "united states": "US", "usa": "US",
}  # fmt: skip


def iso_country(name: str | None) -> str | None:
    """The country's code; ``None`` where the name means no single country, or is unknown.

    "Channel Islands", "European Community", "West Indies" and "Unspecified" are such names.
    """
    return _BY_NAME.get(name.strip().lower()) if name else None
