"""The dbt invocation that a Python model runs in. What is known of dbt's inside stands here."""

from __future__ import annotations

from pathlib import Path


def invocation_id() -> str:
    """Give the id of this invocation, as `invocation_id` in SQL models."""
    from dbt_common.invocation import get_invocation_id

    return get_invocation_id()


def target_folder() -> Path:
    """Say where dbt leaves the artifacts of this invocation: --target-path, or `target`."""
    from dbt.flags import get_flags

    flags = get_flags()  # type: ignore[no-untyped-call]
    return Path(getattr(flags, "TARGET_PATH", None) or "target")
