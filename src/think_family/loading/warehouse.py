"""The raw layer: its tables, and how a staged file is put into them, whatever the engine."""

from __future__ import annotations

from collections.abc import Sequence

from think_family.contract import Contract, Extract
from think_family.loading import ledger
from think_family.loading.deliveries import Delivery
from think_family.loading.engine import Engine
from think_family.loading.errors import LoadError
from think_family.loading.header import ColumnMatch
from think_family.loading.ledger import LEDGER, LoadedFile
from think_family.loading.staging import Staged, Staging
from think_family.sql import quoted

_RECORD_COLUMNS = {
    "_source_row_key": "text",
    "_content_hash": "text",
    "_file": "text",
    "_row_number": "bigint",
    "_extract_date": "date",
    "_extra_columns": "text",
}


class Warehouse:
    """The raw tables and the load ledger in one database."""

    def __init__(self, engine: Engine) -> None:
        """Use `engine`, which stays the caller's to close."""
        self._engine = engine

    @property
    def staging(self) -> Staging:
        """Where files are staged before they are written."""
        return self._engine.staging

    def loaded_files(self) -> dict[str, LoadedFile]:
        """Give what the ledger holds, by file; nothing before the first load.

        A file whose raw table was dropped counts as not loaded.
        """
        with self._engine.transaction("the load ledger"):
            tables = self._raw_columns()
            if "load_files" not in tables:
                return {}
            rows = self._engine.execute(
                "select file, system || '/' || extract, extract_date, sha256, contract_digest, "
                "n_loaded, system || '__' || extract from raw.load_files"
            )
        return {row[0]: LoadedFile(*row[:-1]) for row in rows if row[-1] in tables}

    def prepare(self, contract: Contract) -> None:
        """Make the raw tables fit the contract, and write its list of extracts, in one transaction.

        A column that is new in the contract is added, empty, until its files are loaded again; a
        column that has left the contract stays, so that nothing is lost. Where all is as it should
        be, nothing is written.

        Raises:
            LoadError: a name of the contract is too long for the engine, or the engine stopped.
        """
        self._refuse_long_names(contract)
        with self._engine.transaction("the raw tables"):
            existing = self._raw_columns()
            if not existing and not self._has_schema():
                self._engine.execute("create schema raw")
            for name, columns in LEDGER.items():
                if name not in existing:
                    self._create(name, columns)
            for extract in contract.extracts:
                wanted = {column.name: "text" for column in extract.columns} | _RECORD_COLUMNS
                if extract.table not in existing:
                    self._create(extract.table, wanted)
                    self._forget_extract(extract)
                    continue
                for name, kind in wanted.items():
                    if name not in existing[extract.table]:
                        self._engine.execute(
                            f"alter table raw.{quoted(extract.table)} "
                            f"add column {quoted(name)} {kind}"
                        )
            rows = ledger.extract_rows(contract.extracts)
            names = ", ".join(LEDGER["load_extracts"])
            if sorted(self._engine.execute(f"select {names} from raw.load_extracts")) != sorted(
                rows
            ):
                self._engine.execute("delete from raw.load_extracts")
                self._insert_rows("load_extracts", rows)

    def write_file(
        self,
        delivery: Delivery,
        match: ColumnMatch,
        staged: Staged,
        *,
        sha256: str,
        notes: Sequence[str],
    ) -> int:
        """Put a staged file into its raw table, with rejects and ledger, in one transaction.

        Rows that an earlier state of the same file left are replaced. Gives the rows loaded.

        Raises:
            LoadError: the engine stopped, or rows would be lost; what stood before stands.
        """
        table, file = delivery.extract.table, delivery.file
        with self._engine.transaction(file):
            self._forget_file(delivery)
            self._engine.insert(table, *self.staging.raw_rows(delivery, match))
            ((n_written,),) = self._engine.execute(
                f"select count(*) from raw.{quoted(table)} where _file = $1", [file]
            )
            if n_written + len(staged.rejects) != staged.n_rows:
                raise LoadError(
                    f"{file}: {staged.n_rows} rows were read, but {n_written} loaded and "
                    f"{len(staged.rejects)} rejected. Nothing of it was kept; please report this."
                )
            self._insert_rows("load_rejects", ledger.reject_rows(delivery, staged.rejects))
            row = ledger.file_row(
                delivery,
                match,
                sha256=sha256,
                n_loaded=n_written,
                n_rejected=len(staged.rejects),
                notes=notes,
            )
            self._insert_rows("load_files", [row])
        self.staging.drop()
        return int(n_written)

    def _refuse_long_names(self, contract: Contract) -> None:
        limit = self._engine.name_limit
        for extract in contract.extracts:
            for name in (extract.table, *(column.name for column in extract.columns)):
                if limit is not None and len(name) > limit:
                    raise LoadError(
                        f"{extract.source_file}: the name {name} has more than the {limit} "
                        "characters that the database keeps. Nothing was changed. Shorten it."
                    )

    def _raw_columns(self) -> dict[str, set[str]]:
        """Give the columns of each table of the schema raw."""
        columns: dict[str, set[str]] = {}
        for table, column in self._engine.execute(
            # Cast, because Postgres gives them in a type of its own.
            "select cast(table_name as text), cast(column_name as text) "
            "from information_schema.columns where table_schema = 'raw'"
        ):
            columns.setdefault(table, set()).add(column)
        return columns

    def _has_schema(self) -> bool:
        rows = self._engine.execute(
            "select 1 from information_schema.schemata where schema_name = 'raw'"
        )
        return bool(rows)

    def _create(self, table: str, columns: dict[str, str]) -> None:
        defined = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
        self._engine.execute(f"create table raw.{quoted(table)} ({defined})")

    def _forget_file(self, delivery: Delivery) -> None:
        file = [delivery.file]
        ((known,),) = self._engine.execute(
            "select count(*) from raw.load_files where file = $1", file
        )
        if known:
            table = quoted(delivery.extract.table)
            self._engine.execute(f"delete from raw.{table} where _file = $1", file)
            for table in ("load_files", "load_rejects"):
                self._engine.execute(f"delete from raw.{table} where file = $1", file)

    def _forget_extract(self, extract: Extract) -> None:
        for table in ("load_files", "load_rejects"):
            self._engine.execute(
                f"delete from raw.{table} where system = $1 and extract = $2",
                [extract.system, extract.name],
            )

    def _insert_rows(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            with self.staging.table(ledger.as_arrow(table, rows)) as query:
                self._engine.insert(table, query, {})
