"""Names, numbers and ties: the tables of persons, families and relationships."""

from __future__ import annotations

import numpy as np
import pandas as pd

from think_family.synthesis.dice import YEAR, Ints, Reals, lookup, ranges
from think_family.synthesis.lives import Lives
from think_family.synthesis.names import NameBook
from think_family.synthesis.places import Places
from think_family.synthesis.population import ADULT, FAMILY, SHARED, F, M, People
from think_family.synthesis.services import capped
from think_family.synthesis.world import (
    ETHNICITIES,
    HISTORY_END,
    HISTORY_START,
    NEVER,
    NOBODY,
    build,
)

PARENT, STEP_PARENT, ADOPTIVE, SIBLING, HALF_SIBLING, PARTNER, FOSTER = range(7)
BIRTH, MARRIAGE, DIVORCE, ADOPTION, BY_FAMILY, GENDER, PREFERENCE = range(7)


def name_tables(
    rng: np.random.Generator, p: People, life: Lives, pupils: Ints
) -> dict[str, pd.DataFrame]:
    """Tables `persons` (but `police_known`) and `names`; `pupils` are the rows that get a UPN."""
    book = NameBook(rng)
    n = p.n
    year = (p.born.astype("datetime64[D]").astype("datetime64[Y]")).astype(np.int64) + 1970
    sex_at_birth = p.sex.copy()
    changed = np.flatnonzero(
        (rng.random(n) < 0.0016)
        & (p.born > HISTORY_START - 28 * YEAR)
        & (p.born < HISTORY_END - 16 * YEAR)
    )
    sex_at_birth[changed] = 1 - p.sex[changed]
    first = book.draw_forenames(rng, p.ethnicity, sex_at_birth, year)
    # Twins share no forename.
    twins = np.flatnonzero((p.twin_of >= 0) & (first == first[np.maximum(p.twin_of, 0)]))
    first[twins] = book.draw_forenames(
        rng, p.ethnicity[twins], sex_at_birth[twins], year[twins] - 10
    )
    middle = book.draw_forenames(rng, p.ethnicity, sex_at_birth, year - 30)
    has_middle = rng.random(n) < 0.55

    # ---- surnames: from the father, the mother or both; parents before children ----------------
    born_name = book.draw_surnames(rng, p.ethnicity)
    style = rng.random(n)
    together = np.zeros(n, dtype=bool)
    pair = np.flatnonzero((p.mother >= 0) & (p.father >= 0))
    couple_key = np.unique(p.couple_a * np.int64(n) + p.couple_b)
    key = p.father[pair] * np.int64(n) + p.mother[pair]
    at = np.minimum(np.searchsorted(couple_key, key), max(len(couple_key) - 1, 0))
    together[pair] = couple_key[at] == key if len(couple_key) else False
    by_father = (p.father >= 0) & (style < np.where(together, 0.84, 0.42))
    by_mother = ~by_father & (p.mother >= 0)
    depth = np.zeros(n, dtype=np.int64)
    for _ in range(4):
        parent = np.maximum(
            np.where(p.mother >= 0, depth[np.maximum(p.mother, 0)] + 1, 0),
            np.where(p.father >= 0, depth[np.maximum(p.father, 0)] + 1, 0),
        )
        depth = np.minimum(parent, 4)
    # Siblings of one pair of parents bear one name: the eldest's way holds for all.
    lead = np.arange(n)
    kin = np.flatnonzero(p.mother >= 0)
    group = p.mother[kin] * np.int64(n + 1) + p.father[kin] + 1
    _, first_of, of = np.unique(group, return_index=True, return_inverse=True)
    lead[kin] = kin[first_of][of]
    by_father = by_father[lead]
    by_mother = by_mother[lead] & ~by_father
    both = np.flatnonzero(by_mother & (p.father >= 0) & (style[lead] > 0.95))
    for level in range(1, 5):
        mine = np.flatnonzero((depth == level) & by_father)
        born_name[mine] = born_name[p.father[mine]]
        mine = np.flatnonzero((depth == level) & by_mother)
        born_name[mine] = born_name[p.mother[mine]]
    born_name[both] = book.join_surnames(born_name[p.mother[both]], born_name[p.father[both]])

    rows: list[tuple[Ints, Ints, Ints, Ints, Ints]] = [
        (np.arange(n), first, born_name, p.born.copy(), np.zeros(n, dtype=np.int64))
    ]
    # ---- marriage and divorce -----------------------------------------------------------------
    wed = np.flatnonzero(p.married < NEVER)
    wife, husband = p.couple_b[wed], p.couple_a[wed]
    u = rng.random(len(wed))
    takes = np.flatnonzero(u < 0.72)
    joins = np.flatnonzero((u >= 0.72) & (u < 0.80))
    joined = book.join_surnames(born_name[wife[joins]], born_name[husband[joins]])
    taken = np.concatenate([takes, joins])
    new_name = np.concatenate([born_name[husband[takes]], joined])
    rows.append(
        (
            wife[taken],
            first[wife[taken]],
            new_name,
            p.married[wed[taken]],
            np.full(len(taken), MARRIAGE),
        )
    )
    ended = p.couple_end[wed[taken]]
    back = np.flatnonzero((ended < HISTORY_END - 400) & (rng.random(len(taken)) < 0.42))
    rows.append(
        (
            wife[taken[back]],
            first[wife[taken[back]]],
            born_name[wife[taken[back]]],
            ended[back] + 120 + rng.integers(0, 300, len(back)),
            np.full(len(back), DIVORCE),
        )
    )
    # ---- a step-father's name, another name by choice, another gender ---------------------------
    if p.step:
        step, kid, begin, _ = p.step[0]
        some = np.flatnonzero((rng.random(len(kid)) < 0.08) & (begin < HISTORY_END - 400))
        rows.append(
            (
                kid[some],
                first[kid[some]],
                born_name[step[some]],
                begin[some] + rng.integers(100, 900, len(some)),
                np.full(len(some), BY_FAMILY),
            )
        )
    some = np.flatnonzero(
        (rng.random(n) < 0.004) & (p.presence == 0) & (p.born < HISTORY_END - 6000)
    )
    when = HISTORY_START + rng.integers(0, HISTORY_END - HISTORY_START, len(some))
    other = book.draw_forenames(rng, p.ethnicity[some], p.sex[some], year[some])
    surname_too = rng.random(len(some)) < 0.5
    rows.append(
        (
            some,
            np.where(surname_too, first[some], other),
            np.where(surname_too, book.draw_surnames(rng, p.ethnicity[some]), born_name[some]),
            when,
            np.full(len(some), PREFERENCE),
        )
    )
    turned = np.maximum(p.born[changed] + int(15 * YEAR), HISTORY_START + 1) + rng.integers(
        0, 1500, len(changed)
    )
    turned = np.minimum(turned, HISTORY_END - 30)
    rows.append(
        (
            changed,
            book.draw_forenames(rng, p.ethnicity[changed], p.sex[changed], year[changed]),
            born_name[changed],
            turned,
            np.full(len(changed), GENDER),
        )
    )
    # ---- adoption: another surname, and for most another forename --------------------------------
    adopted = life.adopted
    parent = lookup_adult(p, life.adopted_home, life.adopted_day)
    name_now = np.where(parent >= 0, born_name[np.maximum(parent, 0)], born_name[adopted])
    keeps = rng.random(len(adopted)) < 0.35
    rows[0][1][adopted] = np.where(keeps, first[life.adopted_from], first[adopted])
    rows[0][2][adopted] = name_now
    rows[0][3][adopted] = life.adopted_day
    rows[0][4][adopted] = ADOPTION

    who, fore, sur, start, reason = (np.concatenate([r[i] for r in rows]) for i in range(5))
    ok = (start < np.minimum(p.left, p.died)[who]) | (reason == BIRTH)
    ok &= (start <= HISTORY_END) | (reason == BIRTH)
    rank = np.flatnonzero(ok)
    rank = rank[np.lexsort((start[rank], who[rank]))]
    who, fore, sur, start, reason = (x[rank] for x in (who, fore, sur, start, reason))
    same = who[1:] == who[:-1]
    keep = np.ones(len(who), dtype=bool)
    keep[1:] = ~same | (start[1:] > start[:-1])
    who, fore, sur, start, reason = (x[keep] for x in (who, fore, sur, start, reason))
    # A later change keeps what an earlier one of the other name has set.
    end = np.full(len(who), NEVER, dtype=np.int64)
    end[:-1] = np.where(who[1:] == who[:-1], start[1:], NEVER)
    forenames, surnames = pd.Index(book.forenames), pd.Index(book.surnames)
    tables: dict[str, pd.DataFrame] = {}
    tables["names"] = build(
        "names",
        {
            "person": who,
            "forename": pd.Categorical.from_codes(fore, categories=forenames),
            "surname": pd.Categorical.from_codes(sur, categories=surnames),
            "start": start,
            "end": end,
            "reason": reason,
        },
    )
    last = np.flatnonzero(end == NEVER)
    now_first, now_last = np.zeros(n, np.int64), np.zeros(n, np.int64)
    now_first[who[last]], now_last[who[last]] = fore[last], sur[last]
    former = p.sex.copy()
    former[changed] = sex_at_birth[changed]
    when_sex = np.full(n, NEVER, dtype=np.int64)
    when_sex[changed] = turned
    short = pd.Index([*dict.fromkeys(["", *book.nicknames])])
    nick_code = short.get_indexer(pd.Index(book.nicknames))[now_first]
    nick_code = np.where(rng.random(n) < 0.28, nick_code, 0)
    blank = pd.Index(["", *book.forenames])
    came_from = np.full(n, NOBODY, dtype=np.int64)
    came_from[adopted] = life.adopted_from
    nhs, nino, upn = numbers(rng, p, pupils)
    tables["persons"] = build(
        "persons",
        {
            "sex": p.sex,
            "former_sex": former,
            "sex_changed": when_sex,
            "born": p.born,
            "died": p.died,
            "arrived": p.arrived,
            "left": capped(np.minimum(p.left, NEVER)),
            "ethnicity": p.ethnicity,
            "forename": pd.Categorical.from_codes(now_first, categories=forenames),
            "middle_name": pd.Categorical.from_codes(
                np.where(has_middle, middle + 1, 0), categories=blank
            ),
            "surname": pd.Categorical.from_codes(now_last, categories=surnames),
            "nickname": pd.Categorical.from_codes(nick_code, categories=short),
            "mother": p.mother,
            "father": p.father,
            "twin_of": p.twin_of,
            "adopted_from": came_from,
            "area": p.area.astype(np.int8),
            "nhs_number": nhs,
            "nino": nino,
            "upn": upn,
            "presence": p.presence,
            "police_known": False,
        },
    )
    return tables


def lookup_adult(p: People, home: Ints, day: Ints) -> Ints:
    """Find the first adult of each home on a day (a man before a woman), or -1."""
    adult = np.flatnonzero(p.stay_role == ADULT)
    adult = adult[np.lexsort((1 - p.sex[p.stay_person[adult]], p.stay_home[adult]))]
    homes = p.stay_home[adult]
    low = np.searchsorted(homes, home)
    high = np.searchsorted(homes, home, side="right")
    row = np.repeat(np.arange(len(home)), high - low)
    at = adult[ranges(low, high - low)]
    there = (p.stay_start[at] <= day[row]) & (p.stay_end[at] > day[row])
    found = np.full(len(home), NOBODY, dtype=np.int64)
    row, at = row[there][::-1], at[there][::-1]
    found[row] = p.stay_person[at]
    return found


def numbers(
    rng: np.random.Generator, p: People, pupils: Ints
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """NHS, national insurance and pupil numbers: valid in form, never issued."""
    serial = np.arange(1_000_000, dtype=np.int64)
    digits = np.array([9, 9, 9])
    total = (digits * np.array([10, 9, 8])).sum()
    rest = serial.copy()
    weighted = np.full(len(serial), total)
    for weight in (2, 3, 4, 5, 6, 7):
        weighted += (rest % 10) * weight
        rest //= 10
    check = 11 - weighted % 11
    check = np.where(check == 11, 0, check)
    valid = serial[check < 10]
    if p.n > len(valid):
        raise ValueError(f"the test range holds {len(valid)} NHS numbers, {p.n} are wanted")
    mine = rng.permutation(valid)[: p.n]
    value = 9_990_000_000 + mine * 10 + check[mine]
    nhs = pd.Series(value.astype(str))
    has = (p.born + int(15.75 * YEAR) <= HISTORY_END) & (p.presence < 3)
    stride = rng.permutation(4_000_000)[: p.n]
    letters = np.array(list("ABCD"))
    text = np.char.add(
        np.char.add("QQ", np.char.zfill((stride // 4).astype(str), 6)), letters[stride % 4]
    )
    nino = pd.Series(np.where(has, text, ""), dtype="str")
    upn = np.full(p.n, "", dtype="<U13")
    who = np.unique(pupils)
    area = np.maximum(p.area[who], 0)
    serial = rng.permutation(999_999_999 // 700)[: len(who)] * 700 + rng.integers(0, 700, len(who))
    code = (980 + 10 * area) * 1_000_000_000 + serial
    left = code.copy()
    weighted = np.zeros(len(who), dtype=np.int64)
    for weight in range(13, 1, -1):
        weighted += (left % 10) * weight
        left //= 10
    alphabet = np.array(list("ABCDEFGHJKLMNPQRTUVWXYZ"))
    upn[who] = np.char.add(alphabet[weighted % 23], code.astype(str))
    return nhs.astype("str"), nino, pd.Series(upn, dtype="str")


def family_tables(p: People) -> tuple[dict[str, pd.DataFrame], Ints]:
    """Tables `families` and `family_members`, and the family of each home (-1 for shared ones).

    A family is the people of one home who are kin or partners; sharers and students are families
    of one each.
    """
    used = np.zeros(len(p.home_area), dtype=bool)
    used[p.stay_home] = True
    homes = np.flatnonzero(used & (p.home_kind == FAMILY))
    of_home = np.full(len(p.home_area), NOBODY, dtype=np.int64)
    of_home[homes] = np.arange(len(homes))
    lone = np.flatnonzero(p.home_kind[p.stay_home] == SHARED)
    single, at = np.unique(p.stay_person[lone], return_inverse=True)
    family = of_home[p.stay_home].copy()
    family[lone] = len(homes) + at
    tables = {
        "families": build(
            "families",
            {
                "area": np.concatenate([p.home_area[homes], np.maximum(p.area[single], 0)]).astype(
                    np.int8
                ),
                "adversity": np.concatenate([p.home_z[homes], p.z[single]]),
            },
        ),
        "family_members": build(
            "family_members",
            {
                "family": family,
                "person": p.stay_person,
                "start": p.stay_start,
                "end": capped(np.minimum(p.stay_end, NEVER)),
                "role": p.stay_role,
            },
        ),
    }
    return tables, of_home


def relationships(p: People, city: Places, life: Lives) -> pd.DataFrame:
    """Ties of kin: parents, siblings, partners, step- and adoptive parents, foster carers."""
    parts: list[tuple[Ints, Ints, Ints, Ints, int]] = []
    for parent in (p.mother, p.father):
        kid = np.flatnonzero(parent >= 0)
        parts.append((parent[kid], kid, p.born[kid], np.full(len(kid), NEVER), PARENT))
    # Siblings: pairs by mother; by father alone, half.
    for by, other in ((p.mother, p.father), (p.father, p.mother)):
        kid = np.flatnonzero(by >= 0)
        order = kid[np.lexsort((p.born[kid], by[kid]))]
        for step in range(1, 7):
            a, b = order[:-step], order[step:]
            same = by[a] == by[b]
            full = (other[a] == other[b]) & (other[a] >= 0)
            if by is p.father:
                same &= ~((p.mother[a] == p.mother[b]) & (p.mother[a] >= 0))
            a, b, full = a[same], b[same], full[same]
            low, high = np.minimum(a, b), np.maximum(a, b)
            began = np.maximum(p.born[a], p.born[b])
            forever = np.full(len(a), NEVER)
            parts.append((low[full], high[full], began[full], forever[full], SIBLING))
            parts.append((low[~full], high[~full], began[~full], forever[~full], HALF_SIBLING))
    parts.append((p.couple_a, p.couple_b, p.couple_start, p.couple_end, PARTNER))
    for parent, kid, begin, stop in p.step:
        parts.append((parent, kid, begin, capped(stop), STEP_PARENT))
    for sex in (M, F):
        adult = np.flatnonzero((p.stay_role == ADULT) & (p.sex[p.stay_person] == sex))
        adult = adult[np.argsort(p.stay_home[adult], kind="stable")]
        if len(life.adopted) and len(adult):
            at = np.minimum(np.searchsorted(p.stay_home[adult], life.adopted_home), len(adult) - 1)
            hit = p.stay_home[adult[at]] == life.adopted_home
            parts.append(
                (
                    p.stay_person[adult[at[hit]]],
                    life.adopted[hit],
                    life.adopted_day[hit],
                    np.full(int(hit.sum()), NEVER),
                    ADOPTIVE,
                )
            )
    # Foster carers: the first adult at the address.
    foster = np.flatnonzero((life.placement_kind <= 1) & (life.placement_address >= 0))
    order = np.lexsort((city.start, city.address))
    home = lookup(
        city.address[order],
        city.start[order],
        city.end[order],
        city.home[order],
        life.placement_address[foster],
        np.maximum(life.placement_start[foster], HISTORY_START),
    )
    carer = lookup_adult(
        p, np.maximum(home, 0), np.maximum(life.placement_start[foster], HISTORY_START)
    )
    fine = (home >= 0) & (carer >= 0)
    foster, carer = foster[fine], carer[fine]
    parts.append(
        (
            carer,
            life.placement_child[foster],
            life.placement_start[foster],
            life.placement_end[foster],
            FOSTER,
        )
    )
    a, b, begin, stop = (np.concatenate([x[i] for x in parts]) for i in range(4))
    kind = np.concatenate([np.full(len(x[0]), x[4]) for x in parts])
    ok = (begin <= HISTORY_END) & (stop > begin)
    return build(
        "relationships",
        {"a": a[ok], "b": b[ok], "kind": kind[ok], "start": begin[ok], "end": stop[ok]},
    )


# Probability that an ethnicity is recorded, and that it is right, by context. Police record it for
# about two thirds of suspects and fewer victims; schools for nearly all (Office for Statistics
# Regulation, Ethnicity data quality reviews; DfE School census).
_RECORDED: dict[str, tuple[float, float]] = {
    "police_suspect": (0.66, 0.88),
    "police_victim": (0.55, 0.88),
    "police_other": (0.30, 0.86),
    "school": (0.97, 0.97),
    "social_care": (0.90, 0.94),
    "health": (0.84, 0.95),
    "other": (0.55, 0.92),
}
_MINORITY_RECORDED = {"police_suspect": 1.08, "police_victim": 0.9, "police_other": 1.1}
_MIXED: Reals = np.array([1, 0.93, 0.85, 0.82, 0.82, 0.95, 0.93, 0.93, 0.9, 0.95, 0.92, 0.8])


def recording_bias() -> pd.DataFrame:
    """How completely and how rightly each context records each ethnicity."""
    rows = []
    for number, _ in enumerate(ETHNICITIES):
        for context, (recorded, correct) in _RECORDED.items():
            scale = 1.0 if number == 0 else _MINORITY_RECORDED.get(context, 0.97)
            rows.append(
                (number, context, min(recorded * scale, 0.99), correct * float(_MIXED[number]))
            )
    return build(
        "recording_bias",
        {
            "ethnicity": np.array([r[0] for r in rows]),
            "context": [r[1] for r in rows],
            "p_recorded": np.array([r[2] for r in rows]),
            "p_correct": np.array([r[3] for r in rows]),
        },
    )
