"""Keeping the machine code of numba's own runtime, as numba keeps that of functions.

Every process that loads one kept function first has numba compile its runtime: a few atomic counters, which bring all
of LLVM's optimiser and code generator into memory (20 MB) to no other end when everything else is kept already.
"""

import hashlib
import pickle
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numba
from numba.core import config
from numba.core.runtime import nrtdynmod

_make: Final[Callable[[Any], Any]] = nrtdynmod.compile_nrt_functions


def _file(codegen: Any) -> Path:
    """Name the file by everything the code depends on: numba, and the processor."""
    made_of = hashlib.sha256(repr((numba.__version__, codegen.magic_tuple())).encode()).hexdigest()[:16]
    return Path(config.CACHE_DIR or Path(__file__).parent / "__pycache__") / f"runtime-{made_of}.pickle"


def _kept(context: Any) -> Any:
    """Return the runtime's library: from its file, else made and written there."""
    codegen = context.codegen()
    path = _file(codegen)
    with suppress(OSError, EOFError, pickle.UnpicklingError, ValueError, RuntimeError):
        return codegen.unserialize_library(pickle.loads(path.read_bytes()))  # noqa: S301 (ours, beside numba's own)
    made, library = nrtdynmod.create_nrt_module(context)
    library.enable_object_caching()
    library.add_ir_module(made)
    library.finalize()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(pickle.dumps(library.serialize_using_object_code()))
        Path(file.name).replace(path)
    return library


def keep_runtime() -> None:
    """Have numba load its runtime from a file. Other versions may keep it elsewhere: then all stays as it is."""
    if hasattr(nrtdynmod, "create_nrt_module") and nrtdynmod.compile_nrt_functions is _make:
        nrtdynmod.compile_nrt_functions = _kept
