"""Gives every test worker a Redis database of its own; loaded before the settings are read (``-p`` in pyproject)."""

import os
import re

_worker = re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", ""))
if _worker:
    for _name in ("REDIS_URL", "REDIS_TEST_URL"):
        _url = os.environ.get(_name, "")
        if _found := re.fullmatch(r"(redis://[^/]+)/(\d+)", _url):
            os.environ[_name] = f"{_found[1]}/{max(0, int(_found[2]) - int(_worker))}"
