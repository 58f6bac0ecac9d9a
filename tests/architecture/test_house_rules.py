"""The house rules that a tool can keep (ARCHITECTURE.md); they fail the build from the first commit."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "forms", "documents", "signatures", "workflows", "app", "migrations", "scripts")
MODULE_LINES, FUNCTION_LINES = 400, 40
TEXT = {".py", ".html", ".css", ".js", ".mjs", ".json", ".bpmn", ".dmn", ".md", ".toml", ".cfg", ".txt"}
TEXT |= {".xml", ".po", ".pot", ".mako", ".svg", ".csv"}
# What may be committed beside text: pictures of the product in its documentation.
PICTURES = re.compile(r"^docs/.*\.(png|svg|jpg)$|^app/static/src/.*\.(svg|png|ico)$")


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def _modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if _is_ours(path)]


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return "node_modules" not in parts and parts[:2] != ("migrations", "versions")


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function below its docstring."""
    first = function.body[0].end_lineno if ast.get_docstring(function) else function.lineno
    return (function.end_lineno or 0) - (first or 0)


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in _modules()}
    assert {name: length for name, length in lengths.items() if length > MODULE_LINES} == {}


def test_no_function_is_longer_than_forty_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in _modules()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > FUNCTION_LINES
    ]
    assert long == []


def test_modules_are_not_named_utils_and_classes_not_manager_or_helper() -> None:
    bad = [str(path) for path in _modules() if path.stem in {"utils", "util", "helpers", "misc", "common"}]
    bad += [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in _modules()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Helper|Utils?)$", node.name)
    ]
    assert bad == []


def test_only_edges_ask_the_clock() -> None:
    """URS-147: below the edges the time is an argument."""
    edges = re.compile(
        r"^(core/|scripts/|migrations/env\.py|workflows/timers\.py"
        r"|app/(web|cli|jobs|api)/|app/\w+/(routes|tasks|api)\w*\.py)"
    )
    bad = [
        f"{name}:{node.lineno}"
        for path in _modules()
        if not edges.match(name := str(path.relative_to(ROOT)))
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"clock.now", "datetime.now", "time.time"}
    ]
    assert bad == []


def test_a_day_is_that_of_a_place() -> None:
    """URS-147: a moment is UTC, and its day that of nobody; `core.clock.site_day` names the zone.

    Caught are the days of what is called now, asked of the clock or kept as a moment (``…_at``), and zones
    that are written out as UTC where somebody's is meant.
    """
    moments = re.compile(
        r"(\bnow|_at|\bclock\.now\(\)|\b(moment_of|request_time)\(.*\)|datetime\.now\(.*\))$"
    )
    bad = [
        f"{name}:{node.lineno} {ast.unparse(node)}"
        for path in _modules()
        if (name := str(path.relative_to(ROOT))).startswith(("app/", "workflows/", "documents/", "forms/"))
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and _tells_a_day_of_nobody(node, moments)
    ]
    assert bad == []


def _tells_a_day_of_nobody(call: ast.Call, moments: re.Pattern[str]) -> bool:
    asked = ast.unparse(call.func)
    if asked in ("date.today", "datetime.today"):
        return True
    if asked.endswith("site_day") and len(call.args) == 2:
        return isinstance(call.args[1], ast.Constant) and call.args[1].value == "UTC"
    of = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    return asked.endswith(".date") and not call.args and moments.search(of) is not None


def test_services_never_commit() -> None:
    bad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _modules()
        if path.name.startswith(("services", "steps", "queries"))
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert bad == []


def test_no_test_is_skipped_out_of_sight() -> None:
    """Nothing is switched off by a marker: a test that cannot run fails and says what is missing."""
    hidden = re.compile(r"mark\.(skip|xfail)|pytest\.(skip|xfail)\(|importorskip|collect_ignore")
    found = [
        f"{name}:{number}"
        for name in _tracked()
        if name.startswith("tests/") and name.endswith(".py") and not name.endswith("test_house_rules.py")
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), 1)
        if hidden.search(line)
    ]
    assert found == []


def test_only_our_own_text_is_committed() -> None:
    """Third-party code, fonts and bundles are installed at set-up."""
    strange = [
        name
        for name in _tracked()
        if Path(name).suffix and Path(name).suffix not in TEXT
        if not PICTURES.match(name) and not name.startswith("tests/")
    ]
    foreign = re.compile(r"(^|/)(node_modules|vendor|dist|build)/|\.min\.")
    strange += [name for name in _tracked() if foreign.search(name)]
    assert strange == []


def test_no_committed_file_names_a_package_registry_or_a_secret() -> None:
    addresses = re.compile(r"registry\.npm" + r"js\.org|files\.python" + r"hosted\.org|pypi\.org/simple")
    secrets = re.compile(r"-----BEGIN (EC |RSA |ENCRYPTED )?PRIVATE " + r"KEY-----")
    bad = [
        name
        for name in _tracked()
        if Path(name).suffix in TEXT and (text := (ROOT / name).read_text("utf-8", "replace"))
        if addresses.search(text) or (secrets.search(text) and not name.startswith("tests/"))
    ]
    assert bad == []


def test_lock_files_carry_no_download_addresses() -> None:
    locks = [name for name in _tracked() if name.endswith("package-lock.json")]
    assert locks
    assert [name for name in locks if '"resolved": "http' in (ROOT / name).read_text("utf-8")] == []


def test_templates_have_no_inline_script_or_style() -> None:
    """The content security policy refuses them; the reader would see a broken page."""
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=\"|\son[a-z]+=\"|(?:src|href)=\"https?://"
    )
    templates = (ROOT / "app" / "templates").rglob("*.html")
    bad = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in templates
        for match in inline.finditer(path.read_text("utf-8"))
        if 'type="application/json"' not in match.group(0)
    ]
    assert bad == []


@pytest.mark.parametrize(
    "name", ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"]
)
def test_the_documents_a_newcomer_looks_for_are_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_every_dependency_has_its_reason() -> None:
    """docs/dependencies.md gives one line for each package in the requirement files."""
    reasons = (ROOT / "docs" / "dependencies.md").read_text("utf-8").lower()
    lines = [
        line
        for file in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / file).read_text("utf-8").splitlines()
        if line and not line.startswith(("#", "-"))
    ]
    names = [re.split(r"[=<>\[; ]", line)[0].lower() for line in lines]
    assert [name for name in names if name not in reasons] == []
