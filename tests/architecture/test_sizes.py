"""Files of at most 400 lines, functions of at most 40. Exceptions may only shrink."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "tradeplatform", "accounts", "partners", "signals", "portfolio", "backtest", "family", "market", "core", "engines",
    "script", "benchmarks",
)  # fmt: skip
FILE_LINES = 400
FUNCTION_LINES = 40


def sources() -> list[Path]:
    """Return the Python files of the product: no tests, no migrations."""
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return [path for path in files if not {"tests", "migrations"} & set(path.parts)]


def test_there_are_sources() -> None:
    assert len(sources()) > 40


def test_no_file_is_long() -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in sources() if (n := len(path.read_text().splitlines())) > FILE_LINES
    }
    assert not long


def test_no_function_is_long() -> None:
    long = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)
                if lines > FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert not long


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return (first.end_lineno or first.lineno) - first.lineno + 1
    return 0


def test_every_signature_is_annotated() -> None:
    bare = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                missing = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
                if missing:
                    bare.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}({', '.join(missing)})")
    assert not bare
