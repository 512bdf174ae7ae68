"""dbt packages: from the hub where it answers, else the stand-in, and the same either way."""

from __future__ import annotations

import io
import json
import shutil
import socket
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from think_family.errors import ThinkFamilyError
from think_family.housekeeping import packages

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("dbt_project.yml", "profiles.yml", "packages.yml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "packages", tmp_path / "packages")
    return tmp_path


def installed(project: Path) -> Path:
    return project / "dbt_packages" / "dbt_utils"


def test_where_the_hub_cannot_be_reached_the_stand_in_is_used_and_said_in_one_line(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(
            "dbt.clients.registry.DEFAULT_REGISTRY_BASE_URL",
            f"http://127.0.0.1:{closed.getsockname()[1]}/",
        )
        said = packages.put_packages_in_place(project)
    assert "stand-in" in said
    assert "\n" not in said
    stand_in = ROOT / "packages" / "dbt_utils_stand_in"
    assert {p.relative_to(installed(project)) for p in installed(project).rglob("*")} == {
        p.relative_to(stand_in) for p in stand_in.rglob("*")
    }


def test_a_hub_that_never_answers_is_given_up_in_time(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "_PROBE_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setattr(
            "dbt.clients.registry.DEFAULT_REGISTRY_BASE_URL",
            f"http://127.0.0.1:{silent.getsockname()[1]}/",
        )
        assert "does not answer" in packages.put_packages_in_place(project)
    assert installed(project).is_dir()


def test_what_is_in_place_is_left_until_what_is_wanted_changes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(packages, "_hub_answers", lambda: asked.append(1) or False)
    packages.put_packages_in_place(project)
    assert "in place already, from the stand-in" in packages.put_packages_in_place(project)
    assert len(asked) == 1
    with (project / "packages.yml").open("a", encoding="utf-8") as file:
        file.write("# another wish\n")
    packages.put_packages_in_place(project)
    assert len(asked) == 2


def test_outside_the_project_it_says_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(ThinkFamilyError, match="in the folder of the project"):
        packages.put_packages_in_place(tmp_path)


@pytest.fixture
def hub() -> Iterator[str]:
    """A package hub of one package, whose macros are marked so that they can be told apart."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, text in {
            "dbt_project.yml": "name: dbt_utils\nversion: '1.0'\nconfig-version: 2\n",
            "macros/from_hub.sql": "{% macro from_hub() %}{% endmacro %}",
        }.items():
            member = tarfile.TarInfo(f"dbt-utils-main/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = f"http://{self.headers['Host']}"
            version = {
                "name": "dbt_utils",
                "id": "dbt-labs/dbt_utils/1.4.1",
                "version": "1.4.1",
                "packages": [],
                "require_dbt_version": [],
                "works_with": [],
                "_source": {},
                "downloads": {"tarball": f"{address}/tarball"},
            }
            answers = {
                "/api/v1/index.json": json.dumps(["dbt-labs/dbt_utils"]).encode(),
                "/api/v1/dbt-labs/dbt_utils.json": json.dumps(
                    {
                        "name": "dbt_utils",
                        "namespace": "dbt-labs",
                        "latest": "1.4.1",
                        "versions": {"1.4.1": version},
                    }
                ).encode(),
                "/tarball": archive.getvalue(),
            }
            answer = answers.get(self.path)
            self.send_response(200 if answer else 404)
            self.end_headers()
            self.wfile.write(answer or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_where_the_hub_answers_its_package_is_installed(
    project: Path, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_PACKAGE_HUB_URL", hub)
    monkeypatch.setattr("dbt.clients.registry.DEFAULT_REGISTRY_BASE_URL", hub)
    assert packages.put_packages_in_place(project) == "dbt packages: installed from the hub."
    assert (installed(project) / "macros" / "from_hub.sql").is_file()
    assert "in place already, from the hub" in packages.put_packages_in_place(project)


def test_where_the_hub_answers_but_does_not_hand_out_the_stand_in_is_used(
    project: Path, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_PACKAGE_HUB_URL", hub)
    monkeypatch.setattr("dbt.clients.registry.DEFAULT_REGISTRY_BASE_URL", hub)
    wish = (project / "packages.yml").read_text(encoding="utf-8")
    (project / "packages.yml").write_text(wish.replace("1.4.1", "9.9.9"), encoding="utf-8")
    assert "could not be installed" in packages.put_packages_in_place(project)
    assert (installed(project) / "macros" / "generate_surrogate_key.sql").is_file()
