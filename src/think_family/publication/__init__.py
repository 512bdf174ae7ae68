"""Publication: all marts of a build at once, where readers find them; one file per engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def publish(
    session: duckdb.DuckDBPyConnection,
    marts: Mapping[str, duckdb.DuckDBPyRelation],
    served: Path | None = None,
) -> pa.Table:
    """Put marts in the place of those that readers see, all of them or none.

    On DuckDB they go into a new file, which takes the place of the served one; on Postgres they go
    into the idle slot, which then is the served one.

    Args:
        session: what dbt gives to a Python model to work with.
        marts: name of each mart and the relation that holds it, as dbt gave it.
        served: on DuckDB, the file that readers open; that of the environment by default.

    Returns:
        One row per mart, in order of name: mart, n_rows and digest. The digest covers the names
        of columns and the values of all rows, whatever their order; each engine writes values in
        its own way, so digests are compared within one. Readers find the same rows in the table
        `publication`, beside the marts.

    Raises:
        ThinkFamilyError: there is no mart, one has the name of the table of contents, or the
            engine cannot publish; readers see what they saw then.
    """
    from think_family.errors import ThinkFamilyError
    from think_family.postgres.job import job_of
    from think_family.publication.contents import CONTENTS

    if not marts:
        raise ThinkFamilyError("There is no mart to publish.")
    if CONTENTS in marts:
        raise ThinkFamilyError(f"No mart may be called {CONTENTS}: rename the model.")
    job = job_of(session)
    if job is None:
        from think_family.publication.duckdb_file import publish_file

        return publish_file(session, marts, served)
    from think_family.publication.postgres_slots import publish_slot

    names = {name: job.name_of(relation) for name, relation in marts.items()}
    return publish_slot(job.settings, names)
