"""Quality gates: what Great Expectations finds in the relations of a gate, rule by rule."""

from think_family.quality.check import check

__all__ = ["check"]
