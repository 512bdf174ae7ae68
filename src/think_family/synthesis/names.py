"""Invented names: built of syllables, few of them common and most of them rare, as in life.

No name is taken from a register. Each style of naming has its own syllables; popularity follows
Zipf's law with a flattened head (rank + offset), and drifts from decade to decade for forenames, so
that names collide about as often as real ones do.
"""

from __future__ import annotations

import numpy as np

from think_family.synthesis.dice import Ints, Reals, choose

STYLES = ("shire", "continental", "southern", "eastern", "delta")

# Style of each ethnicity in the order of `world.ETHNICITIES`.
STYLE_OF_ETHNICITY: Ints = np.array([0, 1, 1, 0, 0, 3, 3, 3, 3, 2, 0, 4])

_SYLLABLES: dict[str, tuple[str, str, list[str], list[str], list[str]]] = {
    # onsets, nuclei, codas, female endings, male endings; what is written twice is twice as common
    "shire": (
        "b br c cl d dr f g gr h j k l m n p r s st t th tr w",
        "a e i o u a e i o ai ea ie",
        ["", "", "l", "n", "r", "s", "rd", "nd", "m", "th", "ck"],
        ["a", "ie", "een", "elle", "y", "eth", "lyn", "ora"],
        ["an", "en", "o", "ric", "ton", "y", "us", "er"],
    ),
    "continental": (
        "b d dr g k kr l m n p r s sl st t v z",
        "a e i o u a e i o ia",
        ["", "", "", "n", "l", "r", "sz", "k", "m"],
        ["a", "ina", "ena", "ika", "ela"],
        ["o", "ek", "an", "us", "in", "av"],
    ),
    "southern": (
        "a b d f g h j k kh l m n r s sh w y z",
        "a i o u a i u aa e",
        ["", "", "", "m", "n", "r", "d", "sh"],
        ["a", "iya", "ah", "un", "o"],
        ["i", "ad", "ow", "uud", "an"],
    ),
    "eastern": (
        "b bh ch d g h j k l m n p r s sh t v y",
        "a i u a e o aa i",
        ["", "", "", "n", "r", "m", "l", "t"],
        ["a", "ita", "een", "ika", "i"],
        ["esh", "it", "ad", "ir", "ul"],
    ),
    "delta": (
        "d g h k l m n p qu r s t v x y",
        "a e i o u a i ao ei",
        ["", "", "", "n", "ng", "s", "r"],
        ["ia", "el", "ei", "ana"],
        ["or", "eo", "un", "ai"],
    ),
}
_SURNAME_ENDS = {
    "shire": ["", "", "son", "ley", "ham", "er", "worth", "s", "man", "field", "combe", "wick"],
    "continental": ["", "ov", "ski", "escu", "ez", "ini", "mann", "ak"],
    "southern": ["", "", "i", "e", "an", "oye"],
    "eastern": ["", "", "a", "i", "an", "war", "kar"],
    "delta": ["", "", "o", "ang", "es"],
}


def _invent(
    rng: np.random.Generator, style: str, ends: list[str], n: int, taken: set[str], longest: int
) -> list[str]:
    openings, middles, codas, _, _ = _SYLLABLES[style]
    onsets, nuclei = openings.split(), middles.split()
    made: list[str] = []
    while len(made) < n:
        size = 2 * (n - len(made)) + 50
        pieces = rng.integers(0, 1 << 30, size=(size, 8))
        for p in pieces.tolist():
            name = onsets[p[0] % len(onsets)] + nuclei[p[1] % len(nuclei)]
            name += codas[p[2] % len(codas)]
            for extra in range(1, longest):
                if p[3] % (extra + 2) == 0:
                    break
                name += onsets[p[4] // extra % len(onsets)] + nuclei[p[5] // extra % len(nuclei)]
            name = (name + ends[p[6] % len(ends)]).capitalize()
            if 3 <= len(name) <= 13 and name not in taken:
                taken.add(name)
                made.append(name)
                if len(made) == n:
                    break
    return made


def _zipf(n: int, offset: float, exponent: float) -> Reals:
    weight = 1.0 / (np.arange(n) + offset) ** exponent
    return np.asarray(weight / weight.sum(), dtype=np.float64)


class NameBook:
    """Vocabulary of the city's names; draws are positions in `forenames` and `surnames`."""

    N_FORENAMES = 1_500
    N_SURNAMES = (6_000, 1_500, 900, 1_200, 800)
    N_RARE = 20_000
    DECADES = 12  # births of the 1910s to the 2020s

    def __init__(self, rng: np.random.Generator) -> None:
        """Invent the vocabulary."""
        taken: set[str] = set()
        self.forenames: list[str] = []
        self._pools: dict[tuple[int, int], Ints] = {}
        self._tastes: dict[tuple[int, int], Reals] = {}
        for s, style in enumerate(STYLES):
            for sex in (0, 1):
                ends = [*_SYLLABLES[style][3 + sex], ""]
                names = _invent(rng, style, ends, self.N_FORENAMES, taken, 2)
                at = len(self.forenames)
                self.forenames += names
                self._pools[s, sex] = np.arange(at, at + len(names))
                # Popularity drifts: a decade's taste is most of the last one's and some chance.
                taste = np.empty((self.DECADES, len(names)))
                taste[0] = rng.standard_normal(len(names))
                for d in range(1, self.DECADES):
                    taste[d] = 0.8 * taste[d - 1] + 0.6 * rng.standard_normal(len(names))
                ranks = np.argsort(np.argsort(-taste, axis=1), axis=1)
                self._tastes[s, sex] = _zipf(len(names), 6.0, 0.95)[ranks]
        surnames: set[str] = set()
        self.surnames: list[str] = []
        self._families: list[tuple[Ints, Reals]] = []
        for s, style in enumerate(STYLES):
            n = self.N_SURNAMES[s]
            names = _invent(rng, style, _SURNAME_ENDS[style], n, surnames, 3)
            at = len(self.surnames)
            self.surnames += names
            self._families.append((np.arange(at, at + n), _zipf(n, 6.0, 0.85)))
        at = len(self.surnames)
        self.surnames += _invent(
            rng,
            "shire",
            _SURNAME_ENDS["shire"] + _SURNAME_ENDS["continental"],
            self.N_RARE,
            surnames,
            4,
        )
        self._rare = np.arange(at, len(self.surnames))
        self.nicknames = [_short(name) for name in self.forenames]
        self._joined: dict[int, int] = {}

    def draw_forenames(
        self, rng: np.random.Generator, ethnicity: Ints, sex: Ints, born_year: Ints
    ) -> Ints:
        """Forename positions for people of the given ethnicity, sex (0 f, 1 m) and birth year."""
        out = np.zeros(len(sex), dtype=np.int64)
        style = STYLE_OF_ETHNICITY[ethnicity].copy()
        # Some second-generation families take names of the majority.
        style[rng.random(len(style)) < np.where(style > 0, 0.15, 0.0)] = 0
        decade = np.clip((born_year - 1910) // 10, 0, self.DECADES - 1)
        cell = (style * 2 + sex) * self.DECADES + decade
        for c in np.unique(cell):
            members = np.flatnonzero(cell == c)
            key = (int(c) // self.DECADES // 2, int(c) // self.DECADES % 2)
            weights = self._tastes[key][int(c) % self.DECADES]
            out[members] = self._pools[key][choose(rng, weights, len(members))]
        return out

    def draw_surnames(self, rng: np.random.Generator, ethnicity: Ints) -> Ints:
        """Surname positions for people of the given ethnicity."""
        out = np.zeros(len(ethnicity), dtype=np.int64)
        style = STYLE_OF_ETHNICITY[ethnicity]
        for s in range(len(STYLES)):
            members = np.flatnonzero(style == s)
            if len(members):
                pool, weights = self._families[s]
                out[members] = pool[choose(rng, weights, len(members))]
        rare = np.flatnonzero(rng.random(len(out)) < 0.12)
        out[rare] = self._rare[rng.integers(0, len(self._rare), len(rare))]
        return out

    def join_surnames(self, first: Ints, second: Ints) -> Ints:
        """Positions of double-barrelled surnames; adds them to the vocabulary."""
        pairs, at = np.unique(first * (1 << 20) + second, return_inverse=True)
        found = np.zeros(len(pairs), dtype=np.int64)
        for i, pair in enumerate(pairs.tolist()):
            if pair not in self._joined:
                left, right = divmod(pair, 1 << 20)
                self._joined[pair] = len(self.surnames)
                self.surnames.append(f"{self.surnames[left]}-{self.surnames[right]}")
            found[i] = self._joined[pair]
        joined: Ints = found[at]
        return joined


def _short(name: str) -> str:
    """Short form of a forename: its first syllable, closed with y, o or z by its letters."""
    vowels = "aeiou"
    stem = name
    seen = False
    for i, letter in enumerate(name.lower()):
        if letter in vowels:
            seen = True
        elif seen and i >= 2:
            stem = name[: i + 1]
            break
    end = ("", "y", "z", "o")[(len(name) + ord(name[0])) % 4]
    short = stem + end if len(stem) < len(name) else name[: max(3, len(name) - 2)]
    return short if short != name else name[:3] + "y"


def place_names(rng: np.random.Generator, n: int, taken: set[str]) -> list[str]:
    """Invented names for streets, wards, towns and schools, unlike any in `taken`."""
    return _invent(rng, "shire", ["", "ley", "ham", "stow", "well", "ford", "bury"], n, taken, 3)
