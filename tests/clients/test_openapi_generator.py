"""Clients that openapi-generator generates with its default options: they compile, and the Python client works."""

import sys
from pathlib import Path

import pytest

from tests.clients.generators import OPENAPI_GENERATOR, PYTHON, generated, needs, run
from tests.judges import INSTALLED
from tests.servers import Server

HERE = Path(__file__).parent
JARS = Path("/usr/share/java")
# Debian's packages of the Java client's dependencies.
DEBIAN = [JARS / f"{name}.jar" for name in ("gson", "geronimo-annotation-1.3-spec", "jsr305", "okhttp", "okio")]
PACKAGES = (
    "libgeronimo-annotation-1.3-spec-java",
    "libgoogle-gson-java",
    "libjsr305-java",
    "libokhttp-java",
    "libokio-java",
)
pytestmark = pytest.mark.slow


def test_its_go_client_compiles(tmp_path: Path) -> None:
    needs("go", jar=OPENAPI_GENERATOR)
    client = generated("go", tmp_path)
    # It needs no other module, and any version of Go works.
    built = run("go", "build", "./...", folder=client, GOPROXY="off", GOTOOLCHAIN="local", GOFLAGS="-mod=mod")
    assert built.returncode == 0, built.stdout + built.stderr


def test_a_program_with_its_python_client_works(own_server: Server, tmp_path: Path) -> None:
    needs(jar=OPENAPI_GENERATOR)
    client = generated("python", tmp_path)
    program = HERE / "openapi_generator_crud.py"
    done = run(sys.executable, program, own_server.url, folder=tmp_path, PYTHONPATH=f"{client}:{PYTHON}")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_its_typescript_client_compiles(tmp_path: Path) -> None:
    needs(jar=OPENAPI_GENERATOR)
    client = generated("typescript-fetch", tmp_path)
    options = ("--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom")
    checked = run("node", INSTALLED / "tsc", *options, "index.ts", folder=client)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_its_java_client_compiles_with_maven(tmp_path: Path) -> None:
    needs("javac", "mvn", jar=OPENAPI_GENERATOR)
    client = generated("java", tmp_path)
    built = run("mvn", "-B", "-q", "compile", folder=client)
    if built.returncode and "could not be resolved" in built.stdout:
        pytest.skip("Maven cannot fetch what the client needs here.")
    assert built.returncode == 0, built.stdout + built.stderr


def test_its_java_client_compiles_with_debians_packages(tmp_path: Path) -> None:
    """The same without Maven: java/ declares the classes that Debian lacks; they do not depend on the document."""
    needs("javac", jar=OPENAPI_GENERATOR)
    if missing := [each.name for each in DEBIAN if not each.exists()]:
        pytest.skip(f"{', '.join(missing)}: not here; `apt install {' '.join(PACKAGES)}`.")
    client = generated("java", tmp_path, "--additional-properties=openApiNullable=false")
    sources = [*(client / "src" / "main").rglob("*.java"), *(HERE / "java").rglob("*.java")]
    paths = ":".join(map(str, DEBIAN))
    built = run("javac", "-nowarn", "-d", tmp_path / "classes", "-cp", paths, *sources, folder=tmp_path)
    assert built.returncode == 0, built.stdout + built.stderr
