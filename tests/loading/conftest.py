"""Fixtures of the loader's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from loading_place import Place


@pytest.fixture
def make_place(tmp_path: Path) -> Callable[[str], Place]:
    def make(name: str) -> Place:
        place = Place(tmp_path / name)
        place.contract()
        (place.root / "extracts").mkdir(parents=True)
        return place

    return make


@pytest.fixture
def place(make_place: Callable[[str], Place]) -> Place:
    return make_place("place")
