"""Set up everything Guildhall needs, from Python packages alone: the standard library suffices to run this.

A stamp, written last, says that all of it is there; it is compared first, so that a second run costs nothing.
What stands here parses on old Pythons, which are told so in a sentence.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

WANTED = (3, 11)
PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMP = VENV / "guildhall-installed"
LOCK = PROJECT / "requirements.lock"
JARS = PROJECT / "deploy" / "local" / "guildhall_local" / "kafka.lock"
PACKAGES = ("shared/*", "services/*", "services/*/contracts", "services/*/kit", "deploy/local")
STRANGERS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT")
"""What would lead Python or uv to another environment than ours."""
OUT_OF_REACH = re.compile(
    r"error sending request|dns error|failed to lookup|connection refused|connect error|could not connect|"
    r"timed out|network is unreachable|name or service not known|temporary failure|connection broken|"
    r"no route to host|failed to establish a new connection|error trying to connect|cannot connect to proxy",
    re.IGNORECASE,
)


class Obstacle(Exception):
    """Its text is one sentence for the person who called."""


def main() -> "str | None":
    """None when all is there, else what stands in the way."""
    if sys.version_info < WANTED:
        return "Guildhall needs Python 3.11 or newer, and this is Python {}.{}.".format(*sys.version_info[:2])
    began = time.monotonic()
    stamp = fingerprint()
    if is_installed(stamp):
        return None
    try:
        install(stamp)
    except Obstacle as obstacle:
        return str(obstacle)
    except KeyboardInterrupt:
        return "Stopped: the next run begins the installation again."
    print(f"Installed in {time.monotonic() - began:.0f} s.")
    return None


def packages() -> "list[Path]":
    """The folders of the workspace's own packages."""
    return sorted(path.parent for pattern in PACKAGES for path in PROJECT.glob(f"{pattern}/pyproject.toml"))


def fingerprint() -> str:
    """Changes when anything changes that an installation follows from."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {PROJECT}".encode())
    files = [LOCK, JARS, Path(__file__).resolve(), PROJECT / "pyproject.toml"]
    for file in [*files, *(folder / "pyproject.toml" for folder in packages())]:
        digest.update(str(file.relative_to(PROJECT)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def cache() -> Path:
    """As guildhall_local.instance has it."""
    given = os.environ.get("GUILDHALL_CACHE")
    if given:
        return Path(given).resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "guildhall"


def jars_folder() -> Path:
    """As guildhall_local.jars has it."""
    return cache() / "kafka" / hashlib.sha256(JARS.read_bytes()).hexdigest()[:16]


def is_installed(stamp: str) -> bool:
    try:
        return STAMP.read_text() == stamp and PYTHON.exists() and jars_folder().is_dir()
    except OSError:
        return False


def install(stamp: str) -> None:
    """Do all of it; an environment that was not there before is there whole afterwards, or not at all."""
    was_there = VENV.exists()
    try:
        STAMP.unlink(missing_ok=True)
        step("virtual environment", make_venv)
        step("uv", install_uv)
        step("packages", install_locked)
        step("Guildhall's own packages", install_own)
        step("Kafka", fetch_jars)
        STAMP.write_text(stamp)
    except BaseException as failure:
        if not was_there:
            shutil.rmtree(VENV, ignore_errors=True)
        if isinstance(failure, OSError):
            raise Obstacle(f"{failure.filename or PROJECT} cannot be written ({failure.strerror}).") from failure
        raise


def step(name: str, act: "Callable[[], None]") -> None:
    began = time.monotonic()
    print(f"  {name} ...", end="", flush=True)
    try:
        act()
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - began:.1f} s", flush=True)


def run(doing: str, *command: "str | Path") -> None:
    """Run it, silently but for a sign of life; when it fails, an Obstacle says why in one sentence."""
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=PROJECT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while child.poll() is None:
                show_life(child)
        finally:
            child.kill()
            child.wait()
        if child.returncode != 0:
            output.seek(0)
            raise Obstacle(why_failed(doing, output.read(), child.returncode))


def show_life(child: "subprocess.Popen[bytes]") -> None:
    try:
        child.wait(1)
    except subprocess.TimeoutExpired:
        if sys.stdout.isatty():
            print(".", end="", flush=True)


def why_failed(doing: str, said: str, status: int) -> str:
    if OUT_OF_REACH.search(said):
        return f"{doing} failed: the package registry is out of reach."
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"{doing} failed: {lines[-1] if lines else f'status {status}'}"


def environment() -> "dict[str, str]":
    mine = {name: value for name, value in os.environ.items() if name not in STRANGERS}
    return mine | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_NO_PROGRESS": "1"}


def make_venv() -> None:
    if PYTHON.exists() and is_same_python():
        return
    try:
        import ensurepip
        import venv
    except ImportError as missing:
        raise Obstacle(
            f"This Python comes without {missing.name}: install the system's package for it (python3-venv)."
        ) from missing
    if not (ensurepip.version() and os.access(PROJECT, os.W_OK)):
        raise Obstacle(f"The folder {PROJECT} cannot be written.")
    base = getattr(sys, "_base_executable", sys.executable)  # ours may be the one that is made anew
    run("Making the virtual environment", base, "-m", venv.__name__, "--clear", VENV)


def is_same_python() -> bool:
    """Whether the environment there works, and is of this Python's version."""
    asked = subprocess.run(
        [str(PYTHON), "-c", "import sys, pip; print(*sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.split() == [str(number) for number in sys.version_info[:2]]


def locked_uv() -> "tuple[str, str]":
    """Its version, and its lines of the lock."""
    found = re.search(r"^uv==(\S+) \\\n(?: +--hash=\S+(?: \\)?\n)+", LOCK.read_text(), re.MULTILINE)
    if found is None:
        raise Obstacle("requirements.lock does not name uv.")
    return found.group(1), found.group()


def install_uv() -> None:
    """By pip, at the version and with the hashes of the lock."""
    version, lines = locked_uv()
    if any(VENV.glob(f"lib/python*/site-packages/uv-{version}.dist-info/RECORD")):
        return
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text(lines)
        patience = ("--retries", "2", "--timeout", "30")
        pip = (PYTHON, "-m", "pip", "install", "--no-deps", *patience)
        run("Installing uv", *pip, "--require-hashes", "-r", wanted)


def install_locked() -> None:
    pip = (UV, "pip", "install", "--python", PYTHON)
    run("Installing the packages", *pip, "--require-hashes", "-r", LOCK)


def install_own() -> None:
    editable = [part for folder in packages() for part in ("--editable", folder)]
    pip = (UV, "pip", "install", "--python", PYTHON, "--no-deps", "--no-build-isolation")
    run("Installing Guildhall's own packages", *pip, *editable)


def fetch_jars() -> None:
    if not jars_folder().is_dir():
        run("Fetching Kafka", PYTHON, "-m", "guildhall_local.jars")


if __name__ == "__main__":
    sys.exit(main())
