"""Recording of the synthetic city: how agencies' systems write down what happened, dirt and all."""

from __future__ import annotations

from collections.abc import Iterator

from think_family.synthesis.recording import health, places, response
from think_family.synthesis.recording.education import Education
from think_family.synthesis.recording.extract import Extract
from think_family.synthesis.recording.housing import Housing
from think_family.synthesis.recording.police import Police
from think_family.synthesis.recording.recorder import Recorder
from think_family.synthesis.recording.social_care import SocialCare
from think_family.synthesis.recording.somerset import Somerset
from think_family.synthesis.world import World


def recorded(world: World) -> Iterator[Extract]:
    """Make every extract of a world, one at a time.

    The extracts hold all that was ever entered, with its dirt; `deliveries.deliveries` cuts each
    into files.
    """
    recorder = Recorder.of(world)
    yield from places.extracts(recorder)
    police = Police(recorder)
    yield from police.extracts()
    yield from Education(recorder).extracts()
    yield from SocialCare(recorder, police).extracts()
    yield from Housing(recorder).extracts()
    yield from health.extracts(recorder)
    yield from response.extracts(recorder, police)
    yield from Somerset(recorder).extracts()


__all__ = ["Extract", "recorded"]
