"""requirements.txt is what production installs: the versions that CI ran.

Each file by its hash, from no registry in particular.
"""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
COMMAND = (
    "uv export -q --format requirements-txt --no-dev --no-emit-project --no-header "
    "--no-annotate -o requirements.txt"
)


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def entries() -> dict[str, str]:
    """Each requirement with its hashes, by the name of its package."""
    text = (ROOT / "requirements.txt").read_text().replace("\\\n", " ")
    return {Requirement(line.partition(" --hash")[0]).name: line for line in text.splitlines()}


def closure(names: set[str]) -> set[str]:
    """`names`, and whatever these ask for on this machine."""
    found, ahead = set[str](), [Requirement(name) for name in names]
    while ahead:
        wanted = ahead.pop()
        found.add(wanted.name.lower())
        for line in requires(wanted.name) or []:
            next_one = Requirement(line)
            if next_one.name.lower() not in found and any(
                not next_one.marker or next_one.marker.evaluate({"extra": extra})
                for extra in ["", *wanted.extras]
            ):
                ahead.append(next_one)
    return found


def test_production_installs_what_is_used_in_the_versions_that_ci_ran() -> None:
    pinned = {
        Requirement(line).name: Requirement(line)
        for line in project()["tool"]["uv"]["constraint-dependencies"]
    }
    listed = {
        name: Requirement(line.partition(" --hash")[0]).specifier
        for name, line in entries().items()
    }
    assert {name: str(specifier) for name, specifier in listed.items()} == {
        name: str(pinned[name].specifier) for name in listed
    }, COMMAND
    everywhere = {
        name for name in listed if not Requirement(entries()[name].partition(" --hash")[0]).marker
    }
    wanted = closure(set(project()["project"]["dependencies"]))
    assert everywhere <= wanted <= set(listed), COMMAND


def test_every_file_has_its_hash_and_no_registry_is_named() -> None:
    lines = entries().values()
    assert len(lines) > 15
    assert [line for line in lines if not re.search(r"--hash=sha256:[0-9a-f]{64}", line)] == []
    assert [line for line in lines if re.search(r"://|--(extra-)?index|--find-links", line)] == []


def test_container_and_script_install_by_hash_alone() -> None:
    for text in (
        (ROOT / "Dockerfile").read_text(),
        (ROOT / "deploy" / "install-version").read_text(),
    ):
        installs = [
            line
            for line in text.replace("\\\n", " ").splitlines()
            if "pip install" in line and not line.lstrip().startswith("#")
        ]
        assert installs
        assert [
            line
            for line in installs
            if not {"--require-hashes", "--only-binary"} <= set(line.split())
        ] == []
