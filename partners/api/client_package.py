"""The Python client as a source package, for partners, who have nothing else of this checkout."""

import gzip
import io
import tarfile
import tomllib
from functools import cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.views import SurfaceView

FOLDER: Final = settings.BASE_DIR / "clients" / "python"
#: The same for every file and build; the wheel's format knows no time before 1980.
_WRITTEN: Final = 1_767_225_600


class ClientPackage(SurfaceView):
    """``/api/partner/v1/docs/client.tar.gz``, which pip installs by its address."""

    def get(self, request: HttpRequest) -> HttpResponse:
        name, packed = package()
        response = HttpResponse(packed, content_type="application/gzip")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.tar.gz"'
        response.headers["Cache-Control"] = "public, max-age=300"
        return response


@cache
def package() -> tuple[str, bytes]:
    """Return name with version, and the archive: equal sources give equal bytes."""
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text())["project"]
    name = f"{project['name'].replace('-', '_')}-{project['version']}"
    source = FOLDER / "src" / "tradeplatform_partner"
    files = [FOLDER / "pyproject.toml", FOLDER / "README.md", *sorted(source.glob("*.py")), source / "py.typed"]
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for file in files:
            content = file.read_bytes()
            entry = tarfile.TarInfo(f"{name}/{file.relative_to(FOLDER).as_posix()}")
            entry.size, entry.mode, entry.mtime = len(content), 0o644, _WRITTEN
            archive.addfile(entry, io.BytesIO(content))
    return name, gzip.compress(plain.getvalue(), mtime=0)
