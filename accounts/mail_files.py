"""Mails as files: Django's file backend with two differences. Every mail has a file of its own, however many are
written in one second, and nobody but the server's user may read it: it may hold the way into an account."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.mail.backends import filebased

from core import clock


class EmailBackend(filebased.EmailBackend):
    """Writes into ``settings.EMAIL_FILE_PATH``; names sort by time."""

    def __init__(self, *args: Any, file_path: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, file_path=file_path, **kwargs)
        Path(self.file_path).chmod(0o700)

    def _get_filename(self) -> str:
        if self._fname is None:
            name = f"{clock.now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(4)}.log"
            self._fname = str(Path(self.file_path) / name)
        return self._fname

    def open(self) -> bool:
        """Open the file on the first message; tell whether that was now."""
        if self.stream is not None:
            return False
        descriptor = os.open(self._get_filename(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self.stream = os.fdopen(descriptor, "wb")
        return True
