"""Reads the raw output of the benchmarks and prints one line for each bound: what, what was measured, kept or not."""

import sys
from pathlib import Path

VERDICTS = {"kept": "kept", "BROKEN": "BROKEN"}


def rows(text: str) -> list[tuple[str, str, str, str]]:
    """Return (benchmark, bound, measured, verdict) of each line a benchmark printed about a bound."""
    found, section = [], ""
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if line.startswith("== "):
            section = line[3:].strip()
        elif line.startswith("a bound is broken, or the benchmark failed"):
            if not any(row[0] == section and row[3] == "BROKEN" for row in found):
                found.append((section, "ends without an error", "failed", "BROKEN"))
        elif word in VERDICTS and rest:
            bound, _, measured = rest.strip().partition(" | ")
            found.append((section, bound, measured or "see above", VERDICTS[word]))
    return found


def table(found: list[tuple[str, str, str, str]]) -> str:
    """Return the rows as aligned columns, broken bounds last where they are seen."""
    head = ("benchmark", "bound", "measured", "")
    ordered = [head, *sorted(found, key=lambda row: row[3] == "BROKEN")]
    widths = [max(len(row[column]) for row in ordered) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in ordered
    )


def main(path: Path) -> int:
    """Print the table; 1 when a bound is broken or nothing was measured."""
    found = rows(path.read_text())
    broken = sum(row[3] == "BROKEN" for row in found)
    print(f"\n== summary\n{table(found)}\n{len(found) - broken} bounds kept, {broken} broken")
    return 1 if broken or not found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
