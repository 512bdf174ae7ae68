"""dbt shows it at the start of a run."""

version = "1.11.0"
