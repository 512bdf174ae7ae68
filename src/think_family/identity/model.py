"""The linkage model: what is compared, which pairs are compared at all, and its saved parameters.

The model is Fellegi and Sunter's, as Splink implements it: each comparison has levels, each level a
probability m (among records of one person) and u (among records of different persons), and the
match weight of a pair is the sum of log2(m / u), corrected for how common a value is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from think_family.errors import ThinkFamilyError

# Pairs are compared only where they agree on one of these.
BLOCKS: dict[str, tuple[str, ...]] = {
    "nhs_number": ("nhs_number",),
    "upn": ("upn",),
    "nino": ("nino",),
    "police_national_id": ("police_national_id",),
    "surname_birth_date": ("surname", "birth_date"),
    "forename_birth_date": ("forename", "birth_date"),
    "postcode_birth_date": ("postcode", "birth_date"),
    "surname_postcode": ("surname", "postcode"),
    "forename_postcode": ("forename", "postcode"),
    "forename_surname": ("forename", "surname"),
}

# A larger block says nothing about persons (a placeholder birth date with a common name, a common
# name alone): it costs its square and is left out. A name alone tells persons apart only while few
# bear it; blocks on one name alone would never end.
MAX_BLOCK_RECORDS = 500
MAX_NAME_BLOCK_RECORDS = 60


def most_records(block: str) -> int:
    """Tell up to how many records a block of a kind is compared."""
    return MAX_NAME_BLOCK_RECORDS if block == "forename_surname" else MAX_BLOCK_RECORDS


# Two persons seldom share an identifier: by a mistyped digit or a wrong record. Random sampling
# never sees such a pair, so this u is set rather than estimated.
IDENTIFIER_U = 1e-7
IDENTIFIERS = ("nhs_number", "upn", "nino", "police_national_id")

DEFAULT_PARAMETERS = "person_2025_1.json"
# Format of the parameter file; raised when a change makes older files unreadable.
FORMAT = 1

_SWAPPED = "(forename_l = surname_r and surname_l = forename_r and forename_l <> surname_l)"


def _either_way(condition: str) -> str:
    """`condition` with `{a}` and `{b}` for the two records, in both directions."""
    return f"({condition.format(a='l', b='r')} or {condition.format(a='r', b='l')})"


# Forenames that may be one person's: like the levels of the comparison above "different", but also
# when either stands where the other's surname does.
_FORENAME_BEGINNING = _either_way(
    "(starts_with(forename_{a}, forename_{b}) and length(forename_{b}) > 2)"
)
_FORENAME_SLIP = (
    "jaro_winkler_similarity(forename_l, forename_r) >= 0.92 "
    "or damerau_levenshtein(forename_l, forename_r) <= 1"
)
_FORENAME_SHORT = "left(forename_l, 3) = left(forename_r, 3)"
FORENAMES_ALIKE = " or ".join(
    [
        _FORENAME_BEGINNING,
        _FORENAME_SLIP,
        _FORENAME_SHORT,
        "forename_l = surname_r",
        "surname_l = forename_r",
    ]
)


def _level(sql: str, label: str, **options: Any) -> dict[str, Any]:
    return {"sql_condition": sql, "label_for_charts": label, **options}


def _null_level(sql: str) -> dict[str, Any]:
    return _level(sql, "says nothing", is_null_level=True)


def _identifier_comparison(column: str) -> dict[str, Any]:
    return {
        "output_column_name": column,
        "comparison_levels": [
            _null_level(f"{column}_l is null or {column}_r is null"),
            _level(f"{column}_l = {column}_r", "same"),
            _level("else", "different"),
        ],
    }


def comparisons() -> list[dict[str, Any]]:
    """List the comparisons of the model as Splink settings, without parameters."""
    return [
        {
            "output_column_name": "forename",
            "comparison_levels": [
                _null_level("forename_l is null or forename_r is null"),
                _level("forename_l = forename_r", "same", tf_adjustment_column="forename"),
                _level(_SWAPPED, "names swapped"),
                _level(_FORENAME_BEGINNING, "one is the start of the other"),
                _level(_FORENAME_SLIP, "very alike"),
                _level(_FORENAME_SHORT, "same beginning"),
                _level("else", "different"),
            ],
        },
        {
            "output_column_name": "surname",
            "comparison_levels": [
                # Swapped names are weighed once, with the forename.
                _null_level(f"surname_l is null or surname_r is null or {_SWAPPED}"),
                _level("surname_l = surname_r", "same", tf_adjustment_column="surname"),
                _level(
                    _either_way("coalesce(surname_{a} = former_surname_{b}, false)"),
                    "same as the former name",
                ),
                _level(
                    "jaro_winkler_similarity(surname_l, surname_r) >= 0.92 "
                    "or damerau_levenshtein(surname_l, surname_r) <= 1",
                    "very alike",
                ),
                _level(
                    _either_way(
                        "(length(surname_{b}) > 3 and (starts_with(surname_{a}, surname_{b}) "
                        "or ends_with(surname_{a}, surname_{b})))"
                    )
                    + " or jaro_winkler_similarity(surname_l, surname_r) >= 0.85",
                    "alike, or part of a double name",
                ),
                _level("else", "different"),
            ],
        },
        {
            "output_column_name": "birth_date",
            "comparison_levels": [
                _null_level("birth_date_l is null or birth_date_r is null"),
                _level("birth_date_l = birth_date_r", "same", tf_adjustment_column="birth_date"),
                _level(
                    "damerau_levenshtein(birth_date_l, birth_date_r) <= 1 or "
                    "(left(birth_date_l, 4) = left(birth_date_r, 4) "
                    "and substr(birth_date_l, 6, 2) = substr(birth_date_r, 9, 2) "
                    "and substr(birth_date_l, 9, 2) = substr(birth_date_r, 6, 2))",
                    "one slip, or day and month swapped",
                ),
                _level(
                    "left(birth_date_l, 4) = left(birth_date_r, 4) or "
                    "substr(birth_date_l, 6, 5) = substr(birth_date_r, 6, 5)",
                    "same year, or same day of another year",
                ),
                _level("else", "different"),
            ],
        },
        {
            "output_column_name": "place",
            "comparison_levels": [
                _null_level(
                    "(uprn_l is null or uprn_r is null) "
                    "and (postcode_l is null or postcode_r is null)"
                ),
                _level("coalesce(uprn_l = uprn_r, false)", "same dwelling"),
                _level("postcode_l = postcode_r", "same postcode"),
                _level("outcode_l = outcode_r", "same postcode district"),
                _level("else", "different"),
            ],
        },
        {
            "output_column_name": "sex",
            "comparison_levels": [
                _null_level("sex_l is null or sex_r is null"),
                _level("sex_l = sex_r", "same"),
                _level("else", "different"),
            ],
        },
        *(_identifier_comparison(column) for column in IDENTIFIERS),
    ]


def settings(model: list[dict[str, Any]], prior: float) -> dict[str, Any]:
    """Splink settings for comparisons with or without parameters.

    Args:
        model: Comparisons, as `comparisons()` or a parameter file gives them.
        prior: Probability that two random records are one person's.
    """
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_number",
        "additional_columns_to_retain": ["person_number"],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "probability_two_random_records_match": prior,
        "comparisons": model,
        "blocking_rules_to_generate_predictions": [
            {
                "blocking_rule": f"l.block_{name} = r.block_{name} "
                "and l.person_number <> r.person_number"
            }
            for name in BLOCKS
        ],
    }


_LARGEST_PRIOR = 0.01


@dataclass(frozen=True)
class LinkageParameters:
    """Trained parameters of the linkage model.

    Attributes:
        version: Name of the parameters, kept with every result.
        threshold: Match weight (log2 odds) from which two records are taken for one person.
        prior: Probability that two random records of the training table are one person's.
        n_records: Records in the training table.
        comparisons: Splink comparisons, each level with m and u.
        training: How the parameters came about; for the reader, not used.
    """

    version: str
    threshold: float
    prior: float
    n_records: int
    comparisons: list[dict[str, Any]]
    training: dict[str, Any]

    def settings(self, n_records: int) -> dict[str, Any]:
        """Give Splink settings with these parameters for a table of `n_records`.

        A table twice as large holds twice as many records of a person's own, among four times as
        many pairs: the prior is taken in proportion.
        """
        scaled = self.prior * self.n_records / max(n_records, 1)
        return settings(self.comparisons, min(scaled, _LARGEST_PRIOR))

    def frequency_columns(self) -> list[tuple[str, float]]:
        """List columns whose agreement is weighed by how common a value is, with the usual u."""
        return [
            (str(level["tf_adjustment_column"]), float(level["u_probability"]))
            for comparison in self.comparisons
            for level in comparison["comparison_levels"]
            if level.get("tf_adjustment_column")
        ]


def untrained_levels(model: list[dict[str, Any]]) -> list[str]:
    """Name the levels (`comparison: level`) that lack m or u."""
    return [
        f"{comparison['output_column_name']}: {level['label_for_charts']}"
        for comparison in model
        for level in comparison["comparison_levels"]
        if not level.get("is_null_level")
        and not all(
            isinstance(level.get(parameter), float) and 0 < level[parameter] <= 1
            for parameter in ("m_probability", "u_probability")
        )
    ]


def load_parameters(path: Path | None = None) -> LinkageParameters:
    """Read a parameter file; without a path, the one that this version of the project uses.

    Raises:
        ThinkFamilyError: The file is not of this format, or a level of it is untrained. Splink
            would go on with a warning and a made-up weight.
    """
    source = (
        resources.files("think_family.identity") / "parameters" / DEFAULT_PARAMETERS
        if path is None
        else path
    )
    try:
        raw = json.loads(source.read_text(encoding="utf-8"))
        found_format = raw["format"]
        parameters = LinkageParameters(
            version=str(raw["version"]),
            threshold=float(raw["threshold"]),
            prior=float(raw["prior"]),
            n_records=int(raw["n_records"]),
            comparisons=list(raw["comparisons"]),
            training=dict(raw["training"]),
        )
    except FileNotFoundError as error:
        raise ThinkFamilyError(
            f"{source}: no such parameter file; make one with `think-family train-linkage`."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ThinkFamilyError(
            f"{source}: not a parameter file of linkage; "
            "make one with `think-family train-linkage`."
        ) from error
    if found_format != FORMAT:
        raise ThinkFamilyError(
            f"{source}: format {found_format}, where this version reads {FORMAT}; "
            "train anew with `think-family train-linkage`."
        )
    known = {str(comparison["output_column_name"]) for comparison in comparisons()}
    foreign = sorted(
        {str(comparison["output_column_name"]) for comparison in parameters.comparisons} - known
    )
    if foreign:
        raise ThinkFamilyError(f"{source}: unknown comparison {', '.join(foreign)}.")
    untrained = untrained_levels(parameters.comparisons)
    if untrained:
        raise ThinkFamilyError(
            f"{source}: untrained parameters ({'; '.join(untrained)}); "
            "train on more records with `think-family train-linkage`."
        )
    return parameters


def save_parameters(parameters: LinkageParameters, path: Path) -> None:
    """Write a parameter file that `load_parameters` reads."""
    document = {
        "format": FORMAT,
        "version": parameters.version,
        "threshold": parameters.threshold,
        "prior": parameters.prior,
        "n_records": parameters.n_records,
        "training": parameters.training,
        "comparisons": parameters.comparisons,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
