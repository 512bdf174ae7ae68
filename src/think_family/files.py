"""Files that commands write: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from think_family.errors import ThinkFamilyError


def replace_all(contents: Mapping[Path, bytes]) -> None:
    """Write files, and put them in their places when all are written.

    Raises:
        ThinkFamilyError: One of them cannot be written; the files that were there are as they were.
    """
    written: dict[Path, Path] = {}
    file = Path()
    try:
        for file, content in contents.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            new = file.with_name(f".{file.name}.{os.getpid()}.new")
            written[file] = new
            new.write_bytes(content)
        for file, new in written.items():
            new.replace(file)
    except OSError as error:
        raise ThinkFamilyError(
            f"{file} cannot be written: {error.strerror}. Name a file in a folder that you may"
            " write in."
        ) from None
    finally:
        for new in written.values():
            new.unlink(missing_ok=True)
