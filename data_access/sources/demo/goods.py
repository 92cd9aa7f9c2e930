"""What a house-and-garden shop sells: departments, categories, articles and the words for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Leaf:
    """A category of the second level."""

    key: str
    name: str
    department: int  # place in DEPARTMENTS
    share: float  # of the shop's order lines


@dataclass(frozen=True, slots=True)
class Noun:
    """An article of which many products are made."""

    name: str
    leaf: str
    price: float  # of a standard one, in currency
    materials: tuple[str, ...]
    sizes: tuple[str, ...]
    purpose: str  # ends the sentence "made for …"
    synonyms: tuple[str, ...]
    pair: str = ""  # article that is often bought with it


DEPARTMENTS = ("Kitchen & table", "Home & living", "Garden & terrace")

LEAVES = (
    Leaf("cookware", "Cookware & kettles", 0, 0.12),
    Leaf("tableware", "Tableware", 0, 0.14),
    Leaf("storage", "Storage & kitchen tools", 0, 0.13),
    Leaf("textiles", "Bed & bath textiles", 1, 0.12),
    Leaf("lighting", "Lighting", 1, 0.09),
    Leaf("decoration", "Candles & decoration", 1, 0.14),
    Leaf("garden-tools", "Garden tools & care", 2, 0.10),
    Leaf("pots", "Pots & planters", 2, 0.09),
    Leaf("outdoor", "Outdoor living", 2, 0.07),
)
LEAF_PLACE = {leaf.key: place for place, leaf in enumerate(LEAVES)}
DEPARTMENT_OF_LEAF = np.array([leaf.department for leaf in LEAVES])
LEAF_SHARE = np.array([leaf.share for leaf in LEAVES])

_LITRES = ("0.8 l", "1.2 l", "1.5 l", "2.5 l", "4 l")
_CM = ("16 cm", "20 cm", "24 cm", "28 cm")
_POT_CM = ("12 cm", "18 cm", "25 cm", "35 cm", "45 cm")

NOUNS = (
    Noun("kettle", "cookware", 42, ("Enamel", "Steel", "Copper"), _LITRES[1:4],
         "tea on any hob", ("tea kettle", "water boiler"), "teapot"),
    Noun("frying pan", "cookware", 46, ("Cast-iron", "Steel", "Ceramic-coated"), _CM,
         "even browning without hot spots", ("skillet", "pan"), "spatula"),
    Noun("casserole", "cookware", 79, ("Cast-iron", "Enamel", "Stoneware"), ("3 l", "4.5 l", "6 l"),
         "slow stews from hob to oven", ("stew pot", "dutch oven"), "trivet"),
    Noun("saucepan", "cookware", 38, ("Steel", "Copper", "Enamel"), ("1 l", "1.5 l", "2 l"),
         "sauces and small portions", ("pot", "milk pan")),
    Noun("baking tin", "cookware", 18, ("Steel", "Enamel", "Silicone"), _CM,
         "cakes that come out whole", ("cake tin", "bakeware"), "cooling rack"),
    Noun("cooling rack", "cookware", 14, ("Steel", "Copper-plated"), ("32 cm", "40 cm"),
         "biscuits and bread", ("cake rack",)),
    Noun("wok", "cookware", 49, ("Cast-iron", "Carbon-steel"), ("28 cm", "32 cm"),
         "fast cooking over high heat", ("stir-fry pan",), "spatula"),
    Noun("moka pot", "cookware", 29, ("Aluminium", "Steel"), ("3 cups", "6 cups"),
         "strong coffee in four minutes", ("espresso maker", "coffee maker"), "mug"),
    Noun("mug", "tableware", 12, ("Stoneware", "Porcelain", "Enamel"), ("250 ml", "350 ml"),
         "coffee, cocoa and long mornings", ("cup", "coffee cup"), "dessert plate"),
    Noun("dinner plate", "tableware", 16, ("Stoneware", "Porcelain", "Melamine"), ("26 cm", "28 cm"),
         "everyday tables", ("plate",), "soup bowl"),
    Noun("dessert plate", "tableware", 11, ("Stoneware", "Porcelain"), ("19 cm", "21 cm"),
         "cake and starters", ("side plate", "cake plate")),
    Noun("soup bowl", "tableware", 13, ("Stoneware", "Porcelain", "Acacia"), ("16 cm", "20 cm"),
         "soups, salads and noodles", ("bowl", "cereal bowl")),
    Noun("teapot", "tableware", 34, ("Cast-iron", "Porcelain", "Glass"), ("0.6 l", "1 l", "1.4 l"),
         "tea for two to five", ("tea pot",), "mug"),
    Noun("wine glass", "tableware", 9, ("Crystal", "Glass"), ("300 ml", "450 ml", "600 ml"),
         "red and white alike", ("goblet", "stemware"), "carafe"),
    Noun("carafe", "tableware", 24, ("Glass", "Crystal"), ("1 l", "1.3 l"),
         "water, juice or wine at the table", ("decanter", "jug")),
    Noun("cutlery set", "tableware", 64, ("Steel", "Brushed-steel", "Brass-toned"),
         ("16 pieces", "24 pieces"), "four to six guests", ("silverware", "flatware")),
    Noun("serving board", "tableware", 27, ("Oak", "Acacia", "Slate"), ("30 cm", "45 cm"),
         "bread, cheese and small bites", ("cheese board", "platter")),
    Noun("storage jar", "storage", 11, ("Glass", "Stoneware", "Steel"), ("0.5 l", "1 l", "2 l"),
         "flour, pasta and pulses", ("canister", "food jar"), "label set"),
    Noun("label set", "storage", 7, ("Paper", "Slate"), ("24 pieces", "48 pieces"),
         "jars, boxes and seeds", ("stickers",)),
    Noun("bread box", "storage", 39, ("Bamboo", "Steel", "Enamel"), ("34 cm", "40 cm"),
         "bread that stays fresh", ("bread bin",)),
    Noun("cutting board", "storage", 29, ("Oak", "Bamboo", "Beech"), ("30 cm", "40 cm", "50 cm"),
         "knives that should stay sharp", ("chopping board",), "chef's knife"),
    Noun("chef's knife", "storage", 58, ("Damask", "Steel", "Ceramic"), ("16 cm", "20 cm"),
         "clean cuts through anything", ("kitchen knife", "cooks knife")),
    Noun("spatula", "storage", 9, ("Beech", "Silicone", "Steel"), ("28 cm", "32 cm"),
         "turning, scraping, serving", ("turner",)),
    Noun("trivet", "storage", 12, ("Cork", "Cast-iron", "Felt"), ("18 cm", "22 cm"),
         "hot pots on good tables", ("pot stand", "pot rest")),
    Noun("kitchen scale", "storage", 31, ("Glass", "Steel"), ("5 kg", "10 kg"),
         "baking by weight", ("scales",), "mixing bowl"),
    Noun("mixing bowl", "storage", 17, ("Steel", "Stoneware", "Melamine"), ("2 l", "3.5 l", "5 l"),
         "dough, salad and batter", ("dough bowl",)),
    Noun("bath towel", "textiles", 21, ("Cotton", "Organic-cotton", "Linen"),
         ("70 x 140 cm", "100 x 150 cm"), "thick, thirsty and soft", ("towel",), "hand towel"),
    Noun("hand towel", "textiles", 11, ("Cotton", "Organic-cotton", "Linen"), ("50 x 100 cm",),
         "guests and everyday use", ("guest towel",)),
    Noun("duvet cover", "textiles", 59, ("Cotton", "Linen", "Flannel"),
         ("135 x 200 cm", "155 x 220 cm"), "sleep in every season", ("bedding", "bed linen"),
         "pillowcase"),
    Noun("pillowcase", "textiles", 17, ("Cotton", "Linen", "Flannel"), ("40 x 80 cm", "80 x 80 cm"),
         "pillows of the common sizes", ("pillow cover",)),
    Noun("throw", "textiles", 45, ("Wool", "Cotton", "Recycled"), ("130 x 170 cm", "150 x 200 cm"),
         "sofas and cold evenings", ("blanket", "plaid"), "cushion"),
    Noun("cushion", "textiles", 24, ("Linen", "Velvet", "Cotton"), ("40 cm", "50 cm"),
         "chairs, sofas and benches", ("pillow", "throw pillow")),
    Noun("tablecloth", "textiles", 36, ("Linen", "Cotton", "Wipe-clean"),
         ("140 x 180 cm", "140 x 240 cm"), "long dinners", ("table cover",), "napkin set"),
    Noun("napkin set", "textiles", 15, ("Linen", "Cotton"), ("4 pieces", "6 pieces"),
         "set tables", ("serviettes",)),
    Noun("table lamp", "lighting", 54, ("Brass", "Ceramic", "Oak"), ("32 cm", "45 cm"),
         "warm light beside the bed", ("bedside lamp", "desk lamp"), "light bulb"),
    Noun("pendant light", "lighting", 89, ("Glass", "Rattan", "Steel"), ("25 cm", "35 cm", "50 cm"),
         "the table below it", ("ceiling lamp", "hanging lamp"), "light bulb"),
    Noun("floor lamp", "lighting", 119, ("Brass", "Steel", "Oak"), ("140 cm", "160 cm"),
         "reading corners", ("standing lamp",), "light bulb"),
    Noun("light bulb", "lighting", 8, ("Clear", "Frosted", "Amber"), ("4 W", "7 W", "11 W"),
         "lamps with an E27 socket", ("led bulb", "lamp bulb")),
    Noun("fairy lights", "lighting", 19, ("Copper-wire", "Outdoor"), ("5 m", "10 m", "20 m"),
         "balconies, trees and windows", ("string lights", "christmas lights")),
    Noun("lantern", "lighting", 28, ("Steel", "Glass", "Bamboo"), ("20 cm", "30 cm", "40 cm"),
         "candles, inside and out", ("candle lantern",), "pillar candle"),
    Noun("pillar candle", "decoration", 9, ("Soy", "Beeswax", "Rapeseed-wax"),
         ("8 cm", "12 cm", "18 cm"), "sixty quiet hours", ("candle",), "candle holder"),
    Noun("scented candle", "decoration", 22, ("Soy", "Beeswax"), ("180 g", "300 g"),
         "a room that smells of home", ("aroma candle", "perfumed candle")),
    Noun("candle holder", "decoration", 18, ("Brass", "Glass", "Stoneware"), ("6 cm", "14 cm"),
         "pillar and taper candles", ("candlestick",)),
    Noun("vase", "decoration", 29, ("Glass", "Stoneware", "Porcelain"), ("18 cm", "28 cm", "40 cm"),
         "a single stem or a whole meadow", ("flower vase",)),
    Noun("wreath", "decoration", 34, ("Eucalyptus", "Pine", "Dried-flower"), ("28 cm", "40 cm"),
         "doors and tables", ("door wreath", "advent wreath"), "pillar candle"),
    Noun("bauble set", "decoration", 19, ("Glass", "Straw", "Paper"), ("6 pieces", "12 pieces"),
         "the tree and its branches", ("christmas balls", "tree ornaments"), "fairy lights"),
    Noun("picture frame", "decoration", 16, ("Oak", "Brass", "Walnut"), ("A5", "A4", "50 x 70 cm"),
         "photographs and prints", ("photo frame",)),
    Noun("wall mirror", "decoration", 69, ("Brass", "Oak", "Rattan"), ("40 cm", "60 cm", "80 cm"),
         "halls and small rooms", ("mirror",)),
    Noun("secateurs", "garden-tools", 32, ("Forged", "Steel"), ("19 cm", "22 cm"),
         "roses and young branches", ("pruning shears", "pruner"), "garden gloves"),
    Noun("garden gloves", "garden-tools", 13, ("Leather", "Cotton", "Nitrile"),
         ("size 7", "size 8", "size 9", "size 10"), "thorns and wet soil", ("gardening gloves",)),
    Noun("watering can", "garden-tools", 29, ("Zinc", "Steel", "Recycled"), ("1.5 l", "5 l", "9 l"),
         "beds, boxes and seedlings", ("water can",), "plant fertiliser"),
    Noun("hand trowel", "garden-tools", 16, ("Ash-handled", "Steel"), ("28 cm", "32 cm"),
         "planting and potting", ("planting trowel", "hand shovel"), "garden gloves"),
    Noun("garden hose", "garden-tools", 44, ("Rubber", "Textile"), ("15 m", "25 m", "50 m"),
         "beds far from the tap", ("water hose", "hosepipe"), "hose nozzle"),
    Noun("hose nozzle", "garden-tools", 15, ("Brass", "Plastic"), ("4 patterns", "7 patterns"),
         "fine mist to full jet", ("spray nozzle",)),
    Noun("leaf rake", "garden-tools", 27, ("Bamboo", "Steel"), ("40 cm", "60 cm"),
         "lawns in autumn", ("rake",), "garden gloves"),
    Noun("plant fertiliser", "garden-tools", 12, ("Organic", "Mineral"), ("1 l", "2.5 kg", "5 kg"),
         "strong growth and many blooms", ("plant food", "fertilizer")),
    Noun("seed mix", "garden-tools", 5, ("Wildflower", "Herb", "Vegetable"), ("10 m²", "25 m²"),
         "bees, kitchens and children", ("seeds", "flower seeds")),
    Noun("plant pot", "pots", 19, ("Terracotta", "Stoneware", "Zinc"), _POT_CM,
         "plants indoors and out", ("flower pot", "planter"), "saucer"),
    Noun("saucer", "pots", 6, ("Terracotta", "Stoneware", "Zinc"), ("14 cm", "20 cm", "27 cm"),
         "pots that should not drip", ("pot saucer", "drip tray")),
    Noun("balcony box", "pots", 26, ("Zinc", "Larch", "Recycled"), ("60 cm", "80 cm", "100 cm"),
         "herbs and geraniums", ("window box", "flower box"), "potting soil"),
    Noun("hanging basket", "pots", 22, ("Coir", "Rattan", "Macramé"), ("25 cm", "30 cm"),
         "trailing plants", ("hanging planter",), "potting soil"),
    Noun("raised bed", "pots", 129, ("Larch", "Steel", "Cedar"), ("80 x 80 cm", "120 x 80 cm"),
         "vegetables without bending", ("planting bed", "garden bed"), "potting soil"),
    Noun("potting soil", "pots", 9, ("Peat-free", "Herb", "Citrus"), ("10 l", "20 l", "40 l"),
         "pots, boxes and beds", ("compost", "plant soil")),
    Noun("trellis", "pots", 31, ("Larch", "Steel", "Willow"), ("120 cm", "180 cm"),
         "climbers and sweet peas", ("plant support",)),
    Noun("garden chair", "outdoor", 99, ("Acacia", "Steel", "Rattan"), ("upright", "folding"),
         "terraces of every size", ("patio chair", "outdoor chair"), "seat pad"),
    Noun("seat pad", "outdoor", 19, ("Cotton", "Recycled"), ("40 cm", "45 cm"),
         "hard chairs", ("chair cushion",)),
    Noun("garden table", "outdoor", 219, ("Acacia", "Steel", "Teak"), ("70 cm", "120 cm", "180 cm"),
         "breakfast under the trees", ("patio table", "outdoor table"), "garden chair"),
    Noun("parasol", "outdoor", 109, ("Cotton", "Recycled"), ("200 cm", "270 cm", "300 cm"),
         "shade at noon", ("sun umbrella", "sunshade")),
    Noun("fire bowl", "outdoor", 139, ("Cast-iron", "Corten"), ("50 cm", "60 cm", "80 cm"),
         "long evenings outside", ("fire pit",)),
    Noun("hammock", "outdoor", 75, ("Cotton", "Weatherproof"), ("single", "double"),
         "the hour after lunch", ("hanging bed",)),
    Noun("picnic blanket", "outdoor", 34, ("Wool", "Recycled", "Cotton"),
         ("130 x 150 cm", "200 x 200 cm"), "meadows and beaches", ("picnic rug",), "cooling bag"),
    Noun("cooling bag", "outdoor", 32, ("Recycled", "Felt"), ("12 l", "25 l"),
         "cold drinks on warm days", ("cool bag", "cooler")),
)
NOUN_PLACE = {noun.name: place for place, noun in enumerate(NOUNS)}
NOUN_LEAF = np.array([LEAF_PLACE[noun.leaf] for noun in NOUNS])
NOUN_PRICE = np.array([noun.price for noun in NOUNS])
NOUN_PAIR = np.array([NOUN_PLACE.get(noun.pair, -1) for noun in NOUNS])

COLOURS = (
    "sage", "cream", "charcoal", "terracotta", "ink blue", "mustard", "white", "blush", "olive",
    "sand", "petrol", "berry", "graphite", "sky", "moss",
)  # fmt: skip

SERIES = (
    "Alma", "Birke", "Cala", "Dune", "Elin", "Fjord", "Greta", "Halm", "Ines", "Juna", "Kari",
    "Lund", "Mira", "Nora", "Oda", "Pia", "Quinta", "Runa", "Sol", "Tilde", "Uma", "Vigo", "Wanda",
    "Yara", "Zoe", "Arlo", "Bruno", "Cleo", "Dalia", "Enzo", "Flora", "Gilda", "Hugo", "Iris",
    "Jette", "Kiki", "Lotta", "Malva", "Nils", "Otto", "Paula", "Rosa", "Selma", "Toni", "Ulla",
    "Vera", "Wilma", "Alba", "Bela", "Carla",
)  # fmt: skip

TIERS = ("budget", "standard", "premium")
TIER_PRICE = np.array([0.62, 1.0, 1.75])
BRANDS = (
    ("Kleinholz", "Everyday & Co", "Nordhus", "Patio Basics", "Hofgut", "Tinwell"),
    ("Alder & Finch", "Morgenrot", "Casa Lume", "Lindby Works", "Verdana Home", "Grünspan",
     "Brook & Barrow", "Atelier Sept"),
    ("Maison Orme", "Halden Forge", "Studio Kvist", "Villa Serra", "Oakhurst", "Perle & Fils"),
)  # fmt: skip
"""Brands of each tier."""

_MANNERS = (
    "made by hand in small runs", "finished by hand", "plain and sturdy", "light to the touch",
    "quietly elegant", "robust enough for every day", "with softly rounded edges",
    "in a timeless shape", "designed with a small studio in Porto", "with a slightly uneven glaze",
    "that ages well", "which stacks neatly",
)  # fmt: skip
_CARE = (
    "Wipe clean.", "Dishwasher safe.", "Wash by hand.", "Comes ready to use.", "Ships without plastic.",
    "Spare parts can be ordered.", "Two years' guarantee.", "Packed in recycled card.",
    "Made from certified material.", "Please oil once a year.",
)  # fmt: skip
MANNERS, CARE = _MANNERS, _CARE

SUPPLIER_NAMES = (
    "Hansen", "Moreau", "Bianchi", "Kowalski", "Novak", "de Vries", "Lindqvist", "Ferreira",
    "Brandt", "Keller", "Rossi", "Dubois", "Janssen", "Horvath", "Silva", "Marek", "Olsen", "Weber",
    "Conti", "Peeters",
)  # fmt: skip
SUPPLIER_TRADES = (
    "Manufaktur", "Trading", "Ceramics", "Textiles", "Lighting", "Garden Supply", "Metalworks",
    "Woodcraft", "Import", "Glass", "Home Goods", "Nurseries",
)  # fmt: skip
SUPPLIER_COUNTRIES = ("DE", "PL", "PT", "IT", "CZ", "NL", "CN", "IN", "VN", "TR")
