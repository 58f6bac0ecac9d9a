"""Set up a working copy on a bare Debian: environment, libraries, fonts, pages, translations.

Standard library only. Each phase is stamped with the hash of what it depends on and skipped while that is
unchanged. Packages come from wherever this machine's pip, npm and apt are configured to look.

Usage: python3 scripts/setup.py [run|dev|test|bench]
run = what the product needs, dev = and its checks, test = and the programs that tests drive,
bench = and Lighthouse, which scores the pages.
"""

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps"
STATIC = ROOT / "app" / "static"
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
PROGRAMS = {
    "chromium": "chromium",
    "pdfsig": "poppler-utils",
    "certutil": "libnss3-tools",
    "/usr/lib/postgresql/*/bin/initdb": "postgresql",
    "/usr/share/fonts/**/*[wWcC][qQjJ][yYkK]*": "fonts-wqy-microhei",  # or any font that is named CJK
}
SERVICE_POLICY = Path("/usr/sbin/policy-rc.d")
"""What Debian asks before an installed package starts its service."""
MARK = "set-up of open-qms"
NO_SERVICES = (
    f"printf '#!/bin/sh\\n# {MARK}\\nexit 101\\n' > {SERVICE_POLICY} && chmod 755 {SERVICE_POLICY}"
)
SERVICES_AGAIN = f"if grep -qs '{MARK}' {SERVICE_POLICY}; then rm {SERVICE_POLICY}; fi"


class SetUpFailed(Exception):
    """A phase cannot go on; the text says what to type."""


@dataclass(frozen=True)
class Phase:
    """One thing to do once: again when the hash of `inputs` (files, texts) changed or `output` is missing."""

    name: str
    inputs: tuple[Path | str, ...]
    output: Path
    act: Callable[[], None]

    def needed(self) -> bool:
        """Whether the stamp is missing or old."""
        stamp = STAMPS / self.name
        return not self.output.exists() or not stamp.exists() or stamp.read_text() != self.mark()

    def mark(self) -> str:
        """The hash over everything this phase depends on."""
        digest = hashlib.sha256(sys.version.encode())
        for part in self.inputs:
            if isinstance(part, str):
                digest.update(part.encode())
                continue
            for file in _files(part):
                digest.update(str(file.relative_to(ROOT)).encode())
                digest.update(file.read_bytes())
        return digest.hexdigest()

    def run(self) -> None:
        """Do it if needed, stamp it, and say how long it took."""
        if not self.needed():
            return
        start = time.monotonic()
        self.act()
        STAMPS.mkdir(parents=True, exist_ok=True)
        (STAMPS / self.name).write_text(self.mark())
        print(f"  {self.name:<24}{time.monotonic() - start:7.1f} s", flush=True)


def main(arguments: list[str]) -> int:
    """Run the phases of the wanted scope; 2 when something must be typed by hand first."""
    scope = arguments[0] if arguments else "run"
    start = time.monotonic()
    try:
        if sys.version_info < (3, 11):
            raise SetUpFailed("Python 3.11 or newer is needed.")
        _system(scope)
        for phase in (_environment(), _requirements("packages", "requirements.txt"), _product()):
            phase.run()
        if scope != "run":
            _requirements("check-packages", "requirements-dev.txt").run()
        with ThreadPoolExecutor(2) as side_by_side:
            for _ in side_by_side.map(Phase.run, (_fonts(), _pages(), _translations())):
                pass
        if scope == "bench":
            _lighthouse().run()
    except (SetUpFailed, subprocess.CalledProcessError) as reason:
        print(f"Set-up cannot go on: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Set-up stopped; it goes on from here next time.", file=sys.stderr)
        return 130
    print(f"Set-up complete ({time.monotonic() - start:.1f} s).", flush=True)
    return 0


def _system(scope: str) -> None:
    """Debian packages that are missing, in one installation."""
    missing = [package for library, package in LIBRARIES.items() if not _loads(library)]
    if not VENV.exists() and importlib.util.find_spec("ensurepip") is None:
        missing.append("python3-venv")
    if scope in ("test", "bench"):
        missing += [package for program, package in PROGRAMS.items() if not _present(program)]
    if not missing:
        return
    start = time.monotonic()
    _apt(missing)
    print(f"  {'system packages':<24}{time.monotonic() - start:7.1f} s  ({' '.join(missing)})", flush=True)


def _apt(packages: list[str]) -> None:
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    line = f"apt-get update && {' '.join(install)}"
    if os.geteuid() != 0 and not shutil.which("sudo"):
        raise SetUpFailed(f"as root, type:  {line}")
    before = [] if os.geteuid() == 0 else ["sudo"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = [["apt-get", "update", "-q"], install]
    if not SERVICE_POLICY.exists() or MARK in SERVICE_POLICY.read_text():
        # Debian would start a database server of the machine's own
        commands = [["sh", "-c", NO_SERVICES], *commands, ["rm", str(SERVICE_POLICY)]]
    for command in commands:
        done = subprocess.run([*before, *command], env=quiet, capture_output=True, text=True)
        if done.returncode:
            subprocess.run([*before, "sh", "-c", SERVICES_AGAIN], capture_output=True)
            raise SetUpFailed(f"{done.stderr.strip()[-800:]}\nas root, type:  {line}")


def _environment() -> Phase:
    return Phase("environment", (), VENV / "bin" / "python", _make_environment)


def _make_environment() -> None:
    _run(sys.executable, "-m", "venv", str(VENV))


def _requirements(name: str, file: str) -> Phase:
    inputs = [ROOT / name for name in dict.fromkeys(("constraints.txt", "requirements.txt", file))]
    return Phase(name, tuple(inputs), VENV / "bin" / "pip", lambda: _pip("-c", "constraints.txt", "-r", file))


def _product() -> Phase:
    """The command `qms`, pointing at this working copy."""
    command = VENV / "bin" / "qms"
    return Phase("command", (ROOT / "pyproject.toml",), command, lambda: _pip("--no-deps", "-e", "."))


def _fonts() -> Phase:
    inputs = (ROOT / "documents" / "cutting.py", ROOT / "documents" / "fonts.py", ROOT / "requirements.txt")
    return Phase("fonts", inputs, ROOT / "documents" / "build", lambda: _python("-m", "documents.cutting"))


def _pages() -> Phase:
    sources = (STATIC / "src", STATIC / "build.mjs", STATIC / "package.json", STATIC / "package-lock.json")
    return Phase("pages", (*sources, ROOT / "app" / "templates"), STATIC / "build", _build_pages)


def _build_pages() -> None:
    lock = hashlib.sha256((STATIC / "package-lock.json").read_bytes()).hexdigest()
    installed = STATIC / "node_modules" / ".installed"
    if not installed.exists() or installed.read_text() != lock:
        _npm_ci(STATIC)
        installed.write_text(lock)
    _run(str(VENV / "bin" / "node"), "build.mjs", cwd=STATIC)


def _lighthouse() -> Phase:
    """A tool that measures the pages; nothing of the product needs it."""
    folder = ROOT / "scripts" / "lighthouse"
    inputs = (folder / "package.json", folder / "package-lock.json")
    return Phase("lighthouse", inputs, folder / "node_modules", lambda: _npm_ci(folder))


def _npm_ci(folder: Path) -> None:
    _run(str(VENV / "bin" / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)


def _translations() -> Phase:
    catalogue = ROOT / "core" / "translations"
    output = catalogue / "zh" / "LC_MESSAGES" / "messages.mo"
    return Phase("translations", (catalogue,), output, lambda: _python("scripts/translations.py", "compile"))


def _pip(*arguments: str) -> None:
    _run(str(VENV / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", *arguments)


def _python(*arguments: str) -> None:
    _run(str(VENV / "bin" / "python"), *arguments)


def _run(*command: str, cwd: Path = ROOT) -> None:
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(command, cwd=cwd, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise SetUpFailed(f"{' '.join(command)}\n{tail}")


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _present(program: str) -> bool:
    if program.startswith("/"):
        return next(Path("/").glob(program[1:]), None) is not None
    return shutil.which(program) is not None


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        made = (".pyc", ".mo")
        return sorted(file for file in path.rglob("*") if file.is_file() and file.suffix not in made)
    return [path] if path.is_file() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
