"""P14 and the other figures of the signal engines, each beside a peer.

.venv/bin/python benchmarks/bench_signals.py [iscore patterns mvla]
"""

import argparse
import json

import signals_iscore
import signals_mvla
import signals_patterns
from bench_import import verdict

#: Each part returns its figures, and which of its bounds hold.
PARTS = {"iscore": signals_iscore.measure, "patterns": signals_patterns.measure, "mvla": signals_mvla.measure}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which parts; all if none is named")
    arguments = parser.parse_args()
    kept: dict[str, bool] = {}
    for name in arguments.parts or PARTS:
        found, bounds = PARTS[name]()
        print(f"{name:<10} {json.dumps(found)}", flush=True)
        kept |= bounds
    return verdict(kept)


if __name__ == "__main__":
    raise SystemExit(main())
