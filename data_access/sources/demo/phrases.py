"""What customers write, by language, aspect and mood; and how they sign."""

from __future__ import annotations

LANGUAGES = ("en", "de", "nl", "fr", "it")
LANGUAGE_OF_COUNTRY = (1, 1, 2, 3, 4, 0)  # as in names.COUNTRIES
ASPECTS = ("quality", "delivery", "size", "price", "service", "packing")
QUALITY, DELIVERY, SIZE, PRICE, SERVICE, PACKING = range(6)

Moods = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Sentences of mood -1, 0 and 1."""

SENTENCES: dict[str, tuple[Moods, ...]] = {
    "en": (
        (
            ("It broke after the second use.", "The seam came apart within days.",
             "Poorly made, the handle is loose.", "The finish chips off already.",
             "I expected better work than this.", "Not worth keeping, it wobbles.",
             "A weld gave way in the first week.", "The colour faded after one wash."),
            ("It does what it should.", "Ordinary quality, nothing special.",
             "Fine, though not as sturdy as the old one.", "Decent for everyday use."),
            ("Beautifully made.", "Feels solid and will last for years.",
             "The material is lovely.", "Exactly as described, very well finished.",
             "Even nicer than in the pictures.", "We use it every single day.",
             "You can see the care that went into it.", "My third one, still delighted."),
        ),
        (
            ("It took two weeks to arrive.", "The parcel was nowhere to be found for days.",
             "Arrived far too late for the birthday.", "Tracking did not move for a week.",
             "I had to chase the courier twice."),
            ("Delivery as announced.", "Came on the last day promised."),
            ("Arrived the next day.", "Fast delivery.", "Here sooner than promised.",
             "The courier was quick and friendly."),
        ),
        (
            ("Much smaller than it looks.", "Too large for our shelf.",
             "The size does not match the description.", "Does not fit, back it goes.",
             "The measurements are off by two centimetres."),
            ("A little smaller than thought, but it works.", "Size is all right."),
            ("Fits perfectly.", "Just the right size.", "The size is ideal for two."),
        ),
        (
            ("Overpriced for what it is.", "Found it cheaper elsewhere a day later.",
             "Too expensive."),
            ("The price is fair enough.", "Costs what such things cost."),
            ("Great value.", "A bargain in the sale.", "Worth every cent."),
        ),
        (
            ("Nobody answered my mails.", "Customer service was no help at all.",
             "I waited a week for a reply."),
            ("Service answered after two days.",),
            ("Very friendly service.", "My question was answered within the hour.",
             "They replaced it without fuss."),
        ),
        (
            ("Came in a crushed box.", "Far too much plastic around it.",
             "Badly packed, one corner was dented."),
            ("Packed as usual.",),
            ("Carefully packed.", "Packed without plastic, well done.", "Came safely wrapped."),
        ),
    ),
    "de": (
        (
            ("Nach der zweiten Benutzung kaputt.", "Die Naht ging nach wenigen Tagen auf.",
             "Schlecht verarbeitet, der Griff wackelt.", "Die Beschichtung blättert schon ab.",
             "Für diese Marke enttäuschend.", "Die Schweißnaht ist gerissen."),
            ("Tut, was es soll.", "Ganz ordentliche Qualität.", "In Ordnung, mehr nicht."),
            ("Wunderschön verarbeitet.", "Wirkt sehr stabil und hochwertig.",
             "Genau wie beschrieben.", "Noch schöner als auf den Bildern.",
             "Wir benutzen es jeden Tag.", "Tolles Material."),
        ),
        (
            ("Hat zwei Wochen gedauert.", "Das Paket war tagelang verschollen.",
             "Kam viel zu spät zum Geburtstag.", "Die Sendungsverfolgung stand still."),
            ("Lieferung wie angekündigt.", "Kam am letzten zugesagten Tag."),
            ("Schon am nächsten Tag da.", "Schnelle Lieferung.", "Früher da als versprochen."),
        ),
        (
            ("Viel kleiner als gedacht.", "Passt leider nicht, geht zurück.",
             "Die Maße stimmen nicht."),
            ("Etwas kleiner als gedacht, geht aber.",),
            ("Passt genau.", "Genau die richtige Größe."),
        ),
        (
            ("Zu teuer für das, was es ist.", "Anderswo am nächsten Tag günstiger gesehen."),
            ("Der Preis geht in Ordnung.",),
            ("Sehr gutes Preis-Leistungs-Verhältnis.", "Im Angebot ein Schnäppchen."),
        ),
        (
            ("Auf meine Mails hat niemand geantwortet.", "Der Kundendienst war keine Hilfe."),
            ("Antwort kam nach zwei Tagen.",),
            ("Sehr freundlicher Kundendienst.", "Wurde anstandslos ersetzt."),
        ),
        (
            ("Kam in einem zerdrückten Karton.", "Viel zu viel Plastik."),
            ("Normal verpackt.",),
            ("Sorgfältig verpackt.", "Ohne Plastik verpackt, sehr gut."),
        ),
    ),
    "nl": (
        (
            ("Na twee keer gebruiken kapot.", "Slecht afgewerkt, het handvat zit los.",
             "De las is gebroken."),
            ("Doet wat het moet doen.", "Prima, niets bijzonders."),
            ("Prachtig gemaakt.", "Voelt stevig aan.", "Nog mooier dan op de foto."),
        ),
        (
            ("Het duurde twee weken.", "Het pakket was dagenlang zoek."),
            ("Levering zoals beloofd.",),
            ("De volgende dag al in huis.", "Snelle levering."),
        ),
        (("Veel kleiner dan verwacht.", "Past niet."), ("Iets kleiner dan gedacht.",),
         ("Past precies.",)),
        (("Te duur voor wat het is.",), ("De prijs is redelijk.",), ("Goede prijs.",)),
        (("Niemand reageerde op mijn mail.",), ("Antwoord na twee dagen.",),
         ("Vriendelijke klantenservice.",)),
        (("De doos was ingedeukt.",), ("Gewoon verpakt.",), ("Netjes verpakt.",)),
    ),
    "fr": (
        (
            ("Cassé après deux utilisations.", "Mal fini, la poignée bouge.",
             "La soudure a lâché."),
            ("Fait ce qu'il doit faire.", "Qualité correcte, sans plus."),
            ("Très belle finition.", "Solide et élégant.", "Encore plus beau qu'en photo."),
        ),
        (
            ("Deux semaines de livraison.", "Colis introuvable pendant des jours."),
            ("Livraison dans les délais.",),
            ("Reçu dès le lendemain.", "Livraison rapide."),
        ),
        (("Bien plus petit que prévu.", "La taille ne va pas."), ("Un peu petit, mais ça va.",),
         ("Taille parfaite.",)),
        (("Trop cher pour ce que c'est.",), ("Prix correct.",), ("Excellent rapport prix.",)),
        (("Personne n'a répondu à mes messages.",), ("Réponse après deux jours.",),
         ("Service client très aimable.",)),
        (("Carton écrasé à l'arrivée.",), ("Emballage normal.",), ("Très bien emballé.",)),
    ),
    "it": (
        (
            ("Rotto dopo due utilizzi.", "Rifinito male, il manico balla.",
             "La saldatura ha ceduto."),
            ("Fa quello che deve.", "Qualità normale."),
            ("Fatto benissimo.", "Solido ed elegante.", "Più bello che in foto."),
        ),
        (
            ("Ci ha messo due settimane.", "Pacco disperso per giorni."),
            ("Consegna come previsto.",),
            ("Arrivato il giorno dopo.", "Consegna veloce."),
        ),
        (("Molto più piccolo del previsto.", "La misura non va."), ("Un po' piccolo.",),
         ("Misura perfetta.",)),
        (("Troppo caro.",), ("Prezzo giusto.",), ("Ottimo rapporto qualità prezzo.",)),
        (("Nessuno ha risposto.",), ("Risposta dopo due giorni.",), ("Assistenza gentilissima.",)),
        (("Scatola schiacciata.",), ("Imballaggio normale.",), ("Imballato con cura.",)),
    ),
}  # fmt: skip

TITLES: dict[str, tuple[tuple[str, ...], ...]] = {
    # by stars, one to five
    "en": (("Very disappointed", "Never again"), ("Not convinced",), ("It is okay", "Mixed"),
           ("Good", "Happy with it"), ("Wonderful", "Love it", "Highly recommended")),
    "de": (("Sehr enttäuscht",), ("Nicht überzeugt",), ("Geht so",), ("Gut",),
           ("Begeistert", "Klare Empfehlung")),
    "nl": (("Erg teleurgesteld",), ("Niet overtuigd",), ("Gaat wel",), ("Goed",), ("Geweldig",)),
    "fr": (("Très déçu",), ("Pas convaincu",), ("Moyen",), ("Bien",), ("Parfait",)),
    "it": (("Molto deluso",), ("Non convince",), ("Così così",), ("Buono",), ("Perfetto",)),
}  # fmt: skip

INTENTS = ("where_is_it", "return", "broken", "invoice", "praise")
WHERE, RETURN, BROKEN, INVOICE, PRAISE = range(5)

SUBJECTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (("Where is my order?", "Parcel has not arrived", "Delivery status"),
           ("I would like to return this", "Return label please", "Wrong size"),
           ("Arrived broken", "Defective item", "It stopped working"),
           ("Invoice needed", "Please correct my invoice"),
           ("Thank you!", "Just a compliment")),
    "de": (("Wo bleibt meine Bestellung?", "Paket nicht angekommen"),
           ("Rücksendung", "Falsche Größe, Umtausch?"), ("Kaputt angekommen", "Reklamation"),
           ("Rechnung fehlt", "Rechnung berichtigen"), ("Danke!",)),
}  # fmt: skip

BODIES: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        ("My order should have been here days ago and tracking does not move. Where is it?",
         "Could you tell me when my parcel will arrive? I need it by the weekend.",
         "The courier says delivered, but nothing is here. Please look into it."),
        ("It does not fit and I would like to send it back. How do I get a label?",
         "Nice, but not what I had in mind. Please explain how a return works.",
         "I ordered the wrong size, can I exchange it?"),
        ("It came with a crack and cannot be used. I would like a replacement.",
         "After three days the handle came off. Please refund me.",
         "The item is faulty, see the picture. What happens now?"),
        ("I could not find an invoice in the parcel. Please send one with our VAT number.",
         "The invoice shows the wrong company name. Please correct it."),
        ("Just wanted to say how happy we are with it. Keep it up!",
         "Lovely packing and quick answer last time. Thank you."),
    ),
    "de": (
        ("Meine Bestellung sollte längst da sein, die Sendungsverfolgung steht still. Wo ist sie?",
         "Wann kommt mein Paket? Ich brauche es bis zum Wochenende."),
        ("Leider passt es nicht, ich möchte es zurückschicken. Wie bekomme ich ein Etikett?",
         "Gefällt mir nicht, bitte um Rücknahme."),
        ("Es kam mit einem Riss an und ist nicht zu gebrauchen. Ich hätte gern Ersatz.",
         "Nach drei Tagen ging der Griff ab. Bitte um Erstattung."),
        ("Im Paket lag keine Rechnung. Bitte mit unserer Umsatzsteuernummer schicken.",),
        ("Wir sind sehr zufrieden, weiter so!",),
    ),
}  # fmt: skip
