"""Captions: many ways to say what a scene holds, and filler that says nothing, as people's prompts contain both."""

import numpy as np

from .landscape import Land
from .objects import Item, Shapes

TIME = {
    "dawn": ("at dawn", "at sunrise", "in the early morning", "dawn", "sunrise", "dawn sky", "in the morning light"),
    "day": ("by day", "at noon", "during the day", "on a sunny day", "day", "blue sky", "in daylight", "under a blue sky"),
    "sunset": (
        "at sunset",
        "sunset",
        "sunset sky",
        "in the evening",
        "orange sky",
        "under a sunset sky",
        "in the last light of the sun",
    ),
    "dusk": ("at dusk", "at twilight", "dusk", "twilight", "dusk sky", "after sunset"),
    "night": ("at night", "by night", "night", "night sky", "at midnight", "in the dark", "under a night sky"),
}
TIME_NOUN = {
    "dawn": ("dawn", "sunrise", "a pink dawn", "morning"),
    "day": ("a blue sky", "daylight", "a bright day", "day"),
    "sunset": ("sunset", "an orange sunset", "a red evening sky", "evening"),
    "dusk": ("dusk", "twilight", "a purple dusk"),
    "night": ("night", "a dark night", "the night sky", "a night sky"),
}
GROUND = {
    "sea": ("the sea", "a sea", "the ocean", "a calm sea", "sea", "ocean", "seascape"),
    "lake": ("a lake", "a calm lake", "lake", "a lake shore"),
    "hills": ("hills", "rolling hills", "green hills", "a hilly landscape"),
    "mountains": ("mountains", "high mountains", "a mountain range", "mountain landscape"),
    "forest": ("a forest", "pine forest", "forest", "woods", "pine trees"),
    "desert": ("a desert", "desert", "sand dunes", "desert dunes"),
    "city": ("a city", "city", "a city skyline", "tall buildings", "a town", "city blocks"),
    "field": ("a meadow", "a field", "meadow", "grassland", "a field of flowers"),
}
BACK = {
    "mountains": ("mountains", "mountains", "a mountain range", "peaks"),
    "hills": ("hills", "low hills"),
    "city": ("a city", "a city skyline"),
    "forest": ("a forest", "trees"),
}
BEHIND = ("with {} behind", "in front of {}", "and {} in the distance", "with {} in the background", "{} behind", "and {}")
WEATHER = {
    "clouds": ("clouds", "soft clouds", "cloudy", "a cloudy sky"),
    "overcast": ("overcast", "grey sky", "gray clouds"),
    "storm": ("storm", "stormy", "a stormy sky", "dark clouds"),
    "fog": ("fog", "mist", "misty", "foggy"),
    "snowfall": ("snowfall", "falling snow", "snowing"),
    "rain": ("rain", "rainy", "raining"),
}
BODY = {
    "sun": ("sun", "the sun", "a bright sun"),
    "moon": ("moon", "full moon", "the moon"),
    "crescent": ("crescent moon", "a thin moon"),
}
THING = {
    "boat": ("a sailboat", "a boat", "sailing boat", "a ship"),
    "lighthouse": ("a lighthouse", "lighthouse"),
    "house": ("a house", "a cabin", "a small house"),
    "pyramids": ("pyramids", "two pyramids"),
    "cactus": ("a cactus", "cactus"),
    "birds": ("birds", "flying birds"),
    "lightning": ("lightning", "a lightning bolt"),
}
LOOK = {
    "black and white": ("black and white", "black and white photo of", "monochrome"),
    "sepia": ("sepia", "sepia photo of", "old photo of"),
    "blurry": ("blurry", "out of focus", "blurry photo of"),
}
MEDIUM = (
    "a photo of",
    "a painting of",
    "an illustration of",
    "a picture of",
    "oil painting of",
    "a view of",
    "landscape,",
    "digital art,",
)
FILLER = (
    "highly detailed",
    "beautiful",
    "masterpiece",
    "best quality",
    "4k",
    "8k",
    "cinematic",
    "soft light",
    "high resolution",
    "trending on artstation",
    "scenic",
    "dreamy",
    "wide shot",
    "vivid colors",
    "concept art",
    "peaceful",
)


def _one(rng: np.random.Generator, options) -> str:
    return options[rng.integers(len(options))]


def caption(scene: Land | Shapes, rng: np.random.Generator) -> str:
    """One random wording of a scene, e.g. "a calm sea with mountains behind at dawn, soft clouds"."""
    text = _land(scene, rng) if isinstance(scene, Land) else _shapes(scene, rng)
    if rng.random() < 0.12:
        text += "".join(f", {_one(rng, FILLER)}" for _ in range(rng.integers(1, 4)))
    return text


def _ground(land: Land, rng: np.random.Generator) -> str:
    text = _one(rng, GROUND[land.ground])
    if land.season == "snow":
        if "green" in text or "flowers" in text:
            text = GROUND[land.ground][0]
        bare = text.removeprefix("a ").removeprefix("the ")
        text = _one(rng, (f"snowy {bare}", f"{text} covered in snow", f"{text} in winter", f"{text}, snow"))
    elif land.season == "autumn":
        bare = text.replace("green ", "").replace(" of flowers", "").removeprefix("a ").removeprefix("the ")
        text = _one(rng, (f"autumn {bare}", f"{bare} in autumn", f"{bare}, autumn colors"))
    if land.back and rng.random() < 0.9:
        text += " " + _one(rng, BEHIND).format(_one(rng, BACK[land.back]))
    return text + _one(rng, (" with a river", ", river", " and a winding river")) if land.river else text


def _extras(land: Land, rng: np.random.Generator) -> list[str]:
    """Names of what else is there; each is sometimes left unsaid."""
    said = []
    for key, table in ((land.weather, WEATHER), (land.body, BODY), (land.thing, THING)):
        if key in table and rng.random() < 0.82:
            said.append(_one(rng, table[key]))
    if land.thing == "balloon" and rng.random() < 0.9:
        said.append(_one(rng, ("a {} hot air balloon", "a {} balloon")).format(land.thing_colour))
    if land.stars and rng.random() < 0.8:
        said.append(_one(rng, ("stars", "starry sky", "a sky full of stars", "starry")))
    if land.marvel:
        said.append(_one(rng, ("aurora", "northern lights") if land.marvel == "aurora" else ("a rainbow", "rainbow")))
    rng.shuffle(said)
    return said


def _land(land: Land, rng: np.random.Generator) -> str:
    where, extras = _ground(land, rng), _extras(land, rng)
    when = _one(rng, TIME[land.time])
    tail = "".join(f", {e}" for e in extras)
    noun = _one(rng, TIME_NOUN[land.time])
    over = _one(rng, ("over", "above"))
    forms = [
        f"{where} {when}{tail}" if when[:2] in ("at", "by", "in", "on", "un", "du", "af") else f"{where}, {when}{tail}",
        f"{noun} {over} {where}{tail}",
        f"{where}, {when}{tail}",
        f"{when}, {where}{tail}",
        f"{where}{tail}, {when}",
    ]
    if extras:
        rest = "".join(f", {e}" for e in extras[1:])
        forms += [f"{extras[0]} {over} {where} {when}{rest}", f"{where} with {' and '.join(extras)}, {when}"]
    text = _one(rng, forms)
    if rng.random() < 0.05:  # a prompt need not say everything
        text = where if rng.random() < 0.5 else when + tail
    if land.look:
        look = _one(rng, LOOK[land.look])
        return f"{look} {text}" if look.endswith(" of") else f"{text}, {look}"
    return f"{_one(rng, MEDIUM)} {text}" if rng.random() < 0.22 else text


def article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _item(item: Item, rng: np.random.Generator) -> str:
    size = {"small": ("small", "small", "tiny", "little"), "": ("",), "large": ("large", "big", "huge")}[item.size]
    return " ".join(word for word in (_one(rng, size), item.colour, item.shape) if word)


def _shapes(scene: Shapes, rng: np.random.Generator) -> str:
    first, place = _item(scene.items[0], rng), scene.items[0].place
    fade, back = scene.fade, scene.background
    plain = (f"on {article(back)} background", f", {back} background", f"on {back}")
    if fade:
        plain = (
            f"on a background from {back} to {fade}",
            f", {back} to {fade} gradient background",
            f"on {article(back)} and {fade} gradient",
        )
    ground = _one(rng, plain)
    ground = ground if ground[0] == "," else f" {ground}"
    if len(scene.items) == 2:
        second = _item(scene.items[1], rng)
        side, other = ("to the left of", "to the right of") if place == "on the left" else ("above", "below")
        return _one(
            rng,
            (
                f"{article(first)} {side} {article(second)}{ground}",
                f"{article(second)} {other} {article(first)}{ground}",
                f"{article(first)} {place} and {article(second)} {scene.items[1].place}{ground}",
                f"{first} and {second}{ground}",
            ),
        )
    if place == "in the center":
        place = _one(rng, ("in the center", "in the middle"))
    forms = [f"{article(first)}{' ' * bool(place)}{place}{ground}", f"{first}{' ' * bool(place)}{place}{ground}"]
    if ground[0] == ",":
        forms += [f"{ground[2:]} with {article(first)} {place}".rstrip(), f"{ground[2:]}, {first} {place}".rstrip()]
    else:
        forms += [f"{article(first)}{ground}{' ' * bool(place)}{place}"]
    return _one(rng, forms)
