"""What is shipped works away from the tree: wheel, sdist, the Dockerfile's own commands in an empty folder, compose."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers import serving
from webapp.config import read_settings

ROOT = Path(__file__).parents[1]
DATA_FOLDERS = ("templates", "static", "seeds")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order: `("RUN", "python -m venv …")`."""
    joined = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def build_stage() -> list[tuple[str, str]]:
    both = instructions()
    second = max(number for number, (word, _) in enumerate(both) if word == "FROM")
    return [step for step in both[:second] if step[0] in ("COPY", "RUN")]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds `opt/` as the image does, made by the Dockerfile's first stage."""
    folder = tmp_path_factory.mktemp("image")
    source = folder / "src"
    source.mkdir()
    for word, rest in build_stage():
        if word == "RUN":
            run("sh", "-euc", rest.replace("/opt/", f"{folder}/opt/"), folder=source)
        else:
            copy(*shlex.split(rest), source=source)
    return folder


def copy(*names: str, source: Path) -> None:
    *origins, target = names
    for origin in origins:
        if (ROOT / origin).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / origin, source / target, ignore=ignored)
        else:
            shutil.copy(ROOT / origin, source / target)


def run(*command: str | Path, folder: Path) -> str:
    """What a command prints, run with nothing but the base Python and the system in its path; it must succeed."""
    base = Path(sys.base_prefix) / "bin"
    # pip need not compile what is tried once
    environment = {**os.environ, "PATH": f"{base}:/usr/local/bin:/usr/bin:/bin", "PIP_NO_COMPILE": "1"}
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wheel_of(source: Path, target: Path) -> set[str]:
    """The files of the wheel built from `source`, but for its own metadata."""
    run(Path(sys.executable).with_name("hatchling"), "build", "-t", "wheel", "-d", target, folder=source)
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_dockerfile_is_clean() -> None:
    run(Path(sys.executable).with_name("hadolint"), ROOT / "Dockerfile", folder=ROOT)


def test_the_wheel_holds_the_data_folders_and_nothing_foreign(tmp_path: Path) -> None:
    packed = wheel_of(ROOT, tmp_path)
    assert {name.split("/")[0] for name in packed} == {"webapp"}
    for folder in DATA_FOLDERS:
        here = {f"webapp/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert here
        assert here <= packed


def test_the_sdist_builds_the_same_wheel(tmp_path: Path) -> None:
    run(Path(sys.executable).with_name("hatchling"), "build", "-t", "sdist", "-d", tmp_path, folder=ROOT)
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")
    assert wheel_of(unpacked, tmp_path / "again") == wheel_of(ROOT, tmp_path / "first")


def test_an_editable_install_uses_the_tree(tmp_path: Path) -> None:
    program = f"from hatchling.build import build_editable; build_editable({str(tmp_path)!r})"
    run(sys.executable, "-c", program, folder=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (link,) = [name for name in archive.namelist() if ".dist-info/" not in name]
        assert archive.read(link).decode().strip() == str(ROOT)


def test_the_installed_program_finds_its_folders(image: Path, tmp_path: Path) -> None:
    program = f"from webapp.places import place; print(*[place(name) for name in {DATA_FOLDERS}], sep='\\n')"
    places = run(image / "opt/stancemark/bin/python", "-c", program, folder=tmp_path).splitlines()
    assert [Path(place).name for place in places] == list(DATA_FOLDERS)
    assert all(Path(place).is_dir() and Path(place).is_relative_to(image / "opt/stancemark") for place in places)


def test_the_installed_command_explains_itself(image: Path, tmp_path: Path) -> None:
    assert "serve" in run(image / "opt/stancemark/bin/stancemark", "--help", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_image_serves_and_knows_its_health(image: Path, tmp_path: Path) -> None:
    programs = image / "opt/stancemark/bin"
    start = json.loads(last("CMD"))
    check = json.loads(last("HEALTHCHECK").partition(" CMD ")[2])
    with serving(tmp_path, command=[programs / start[0], *start[1:]]) as server:
        port = {"STANCEMARK_PORT": server.address.rpartition(":")[2]}
        assert subprocess.run([programs / check[0], *check[1:]], env=port).returncode == 0
    assert subprocess.run([programs / check[0], *check[1:]], env=port, capture_output=True).returncode != 0


def last(wanted: str) -> str:
    return [rest for word, rest in instructions() if word == wanted][-1]


# ---- many servers ----


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The containers of compose.yaml, by name, with the values of an .env file put in."""
    words = (ROOT / "compose.yaml").read_text()
    asked = re.findall(r"\$\{(\w+)", words)
    values = {name: f"{name.lower()} of the tests" for name in asked}
    found = yaml.safe_load(re.sub(r"\$\{(\w+)[^}]*\}", lambda match: values[match[1]], words))["services"]
    assert isinstance(found, dict)
    return found


def test_containers_may_do_little(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert int(service["user"].partition(":")[0]) > 0, name
        assert service["restart"] == "unless-stopped", name
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["web"]["user"] == last("USER")
    assert last("WORKDIR") in services["web"]["tmpfs"]


def test_the_program_takes_its_settings_from_compose(services: dict[str, dict[str, Any]]) -> None:
    settings = read_settings(services["web"]["environment"])
    assert (settings.proxy_hops, settings.uses_sqlite) == (1, False)
    assert settings.secret_key and settings.trusted_hosts
    assert services["database"]["environment"]["POSTGRES_PASSWORD"] in settings.database_url


def test_secrets_are_neither_in_the_tree_nor_left_out() -> None:
    words = (ROOT / "compose.yaml").read_text()
    assert {"POSTGRES_PASSWORD", "STANCEMARK_SECRET_KEY"} <= set(re.findall(r"\$\{(\w+):\?", words))
    assert {"/.env", "/certificates/"} <= set((ROOT / ".gitignore").read_text().splitlines())


def test_the_proxy_fits_the_program(services: dict[str, dict[str, Any]]) -> None:
    conf = (ROOT / "deploy/nginx.conf").read_text()
    largest = re.search(r"client_max_body_size (\d+)m;", conf)
    assert largest and int(largest[1]) > read_settings(services["web"]["environment"]).max_upload_mb
    assert set(re.findall(r"proxy_pass http://\$web:(\d+);", conf)) == {last("EXPOSE")}
    published = {port.rpartition(":")[2] for port in services["proxy"]["ports"]}
    assert set(re.findall(r"listen (\d+)", conf)) == published
    mounted = {volume.split(":")[0] for volume in services["proxy"]["volumes"]}
    assert mounted == {"./deploy/nginx.conf", "./certificates"}
    for name in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"):  # those that proxy_hops makes believed
        assert f"proxy_set_header {name} " in conf
