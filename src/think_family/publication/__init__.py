"""Publication: every mart in one new file, which then takes the place of the served one."""

from think_family.publication.duckdb_file import publish, published_file

__all__ = ["publish", "published_file"]
