"""Put the dbt packages in place: from the package hub, or a stand-in where it cannot be reached."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from think_family.errors import ThinkFamilyError

# The one package of packages.yml and the folder that stands in for it.
_PACKAGE = "dbt_utils"
_STAND_IN = Path("packages") / "dbt_utils_stand_in"

# A hub that does not answer within this many seconds is taken as out of reach.
_PROBE_SECONDS = 4.0
_DOWNLOAD_SECONDS = 90.0


def put_packages_in_place(root: Path) -> str:
    """Install the packages of packages.yml below `root`, unless they are in place already.

    The hub is asked first, and has a few seconds to answer. Where it does not, the stand-in of
    the repository is copied to dbt_packages/: it holds only the macros and tests that the
    project calls, under the same names and with the same results.

    Returns one line that says what was done. Raises ThinkFamilyError when `root` is not the
    folder of the project.
    """
    if not (root / "packages.yml").is_file() or not (root / _STAND_IN).is_dir():
        raise ThinkFamilyError(
            f"{root} holds no packages.yml: run this command in the folder of the project."
        )
    installed = root / "dbt_packages"
    marker = installed / ".installed"
    wanted = _wanted(root)
    if marker.is_file() and (installed / _PACKAGE / "dbt_project.yml").is_file():
        found, _, origin = marker.read_text(encoding="utf-8").strip().partition(" ")
        if found == wanted:
            return f"dbt packages: in place already, from the {origin}."

    reason = "the hub does not answer"
    if _hub_answers():
        if _install_from_hub(root):
            marker.write_text(f"{wanted} hub\n", encoding="utf-8")
            return "dbt packages: installed from the hub."
        reason = "the hub answers but the packages could not be installed from it"
    shutil.rmtree(installed, ignore_errors=True)
    shutil.copytree(root / _STAND_IN, installed / _PACKAGE)
    marker.write_text(f"{wanted} stand-in\n", encoding="utf-8")
    return (
        f"dbt packages: {reason}; the stand-in in {_STAND_IN.as_posix()} is used instead"
        " (delete dbt_packages to try the hub again)."
    )


def _wanted(root: Path) -> str:
    """Digest of what decides the packages: the list of them and the stand-in's files."""
    digest = hashlib.sha256((root / "packages.yml").read_bytes())
    for file in sorted(path for path in (root / _STAND_IN).rglob("*") if path.is_file()):
        digest.update(file.relative_to(root).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _hub_answers() -> bool:
    """Whether the hub that dbt would ask answers in time; a name lookup counts as well."""
    answered = threading.Event()

    def ask() -> None:
        import requests
        from dbt.clients.registry import DEFAULT_REGISTRY_BASE_URL

        url = f"{DEFAULT_REGISTRY_BASE_URL}api/v1/dbt-labs/{_PACKAGE}.json"
        try:
            if requests.get(url, timeout=_PROBE_SECONDS).ok:
                answered.set()
        except requests.RequestException:
            return

    # In a thread, because no timeout of the client bounds the lookup of the hub's name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PROBE_SECONDS + 4.0)
    return answered.is_set()


def _install_from_hub(root: Path) -> bool:
    """Run `dbt deps`; whether it left the package in place."""
    try:
        finished = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--quiet", "deps"],
            cwd=root,
            capture_output=True,
            timeout=_DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return (
        finished.returncode == 0
        and (root / "dbt_packages" / _PACKAGE / "dbt_project.yml").is_file()
    )
