"""Real answers in the documentation: what tests got from the endpoints themselves, laid out for reading."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SAMPLES: Final = Path(__file__).parent / "samples"
WIDTH: Final = 96


@dataclass(frozen=True, slots=True)
class Sample:
    """``request``: its line and body, in short; ``answer``: the body that came back."""

    request: str
    status: int
    answer: Any

    @property
    def text(self) -> str:
        """The answer laid out for reading."""
        return laid_out(self.answer)


def sample(anchor: str) -> Sample:
    """Return the sample of an endpoint."""
    kept = json.loads((SAMPLES / f"{anchor}.json").read_text())
    return Sample(kept["request"], kept["status"], kept["answer"])


def laid_out(value: Any, indent: int = 0) -> str:
    """Return JSON with what is short on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    before, inner = " " * (indent + 2), indent + 2
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {laid_out(part, inner)}" for key, part in value.items()]
    else:
        parts = [laid_out(part, inner) for part in value]
    opened, closed = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return f"{opened}\n" + ",\n".join(before + part for part in parts) + f"\n{' ' * indent}{closed}"
