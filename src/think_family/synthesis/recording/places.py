"""The registers of places: the gazetteer of addresses and the register of schools."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from think_family.synthesis.recording.extract import Extract
from think_family.synthesis.recording.people import as_text, codes, numbers
from think_family.synthesis.recording.recorder import Recorder
from think_family.synthesis.recording.text import Text, coded, joined, references, take, whole
from think_family.synthesis.world import ADDRESS_KINDS, AREAS, categories, day

_KINDS = {
    "residential": "R",
    "refuge": "F",
    "hostel": "H",
    "childrens_home": "C",
    "university_hall": "H",
    "school": "S",
    "prison": "P",
    "hospital": "M",
    "hotel": "T",
    "park": "O",
    "transport": "O",
    "car_park": "O",
}
"""Everything else is commercial."""

_PHASES = {"primary": "P", "secondary": "S", "pru": "R", "special": "X", "college": "S"}
_PLACES = {"primary": 210, "secondary": 900, "pru": 60, "special": 90, "college": 1500}


def extracts(recorder: Recorder) -> Iterator[Extract]:
    """Make the registers of places."""
    yield _addresses(recorder)
    yield _schools(recorder)


def _addresses(recorder: Recorder) -> Extract:
    people, addresses = recorder.people, recorder.world.addresses
    rng = recorder.rng("gazetteer/addresses")
    n = len(addresses)
    entered = rng.integers(day("2004-01-01"), day("2018-09-01"), n)
    ward_code = joined(
        "", coded(people.address_area, ("ZB", "ZM")), references("", numbers(addresses["ward"]), 4)
    )
    return (
        Extract.of("gazetteer/addresses", entered)
        .put(
            uprn=people.uprn,
            address_line=people.address_line,
            locality=people.town,
            postcode=people.postcode,
            ward_code=ward_code,
            lsoa_code=as_text(addresses["lsoa"]),
            imd_decile=whole(numbers(addresses["imd_decile"])),
            address_kind=coded(
                people.address_kind, [_KINDS.get(kind, "B") for kind in ADDRESS_KINDS]
            ),
        )
        .put_dates(recorded_date=entered)
    )


def school_urns(recorder: Recorder) -> Text:
    """Return the reference number of every school."""
    return whole(numbers(recorder.world.schools["urn"]))


def _schools(recorder: Recorder) -> Extract:
    people, schools = recorder.people, recorder.world.schools
    rng = recorder.rng("school_register/schools")
    n = len(schools)
    address = numbers(schools["address"])
    phases = categories("schools", "phase")
    usual = np.array([_PLACES[phase] for phase in phases])[codes(schools["phase"])]
    entered = rng.integers(day("2004-01-01"), day("2018-09-01"), n)
    return (
        Extract.of("school_register/schools", entered)
        .put(
            school_urn=school_urns(recorder),
            school_name=as_text(schools["name"]),
            phase=coded(codes(schools["phase"]), [_PHASES[phase] for phase in phases]),
            programme_area=coded(numbers(schools["area"]), AREAS),
            uprn=take(people.uprn, address),
            postcode=take(people.postcode, address),
            n_places=whole(np.rint(usual * rng.uniform(0.6, 1.5, n) / 10).astype(np.int64) * 10),
        )
        .put_dates(recorded_date=entered)
    )
