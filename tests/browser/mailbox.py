"""Mails that the server under test wrote to its state directory."""

import email
import email.policy
import re
import time
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

WAIT_S = 15


@dataclass(frozen=True)
class Mail:
    """A mail; ``link`` and ``code`` are empty in notices."""

    subject: str
    text: str

    @property
    def link(self) -> str:
        found = re.search(r"https?://\S+\?token=\S+", self.text)
        return found.group(0) if found else ""

    @property
    def code(self) -> str:
        found = re.search(r"^ {4}(\d{6})$", self.text, re.M)
        return found.group(1) if found else ""


class Mailbox:
    """The mails to one address, oldest first. ``next`` waits for the one after those already read."""

    def __init__(self, state_dir: Path, address: str) -> None:
        self._folder = state_dir / "mail"
        self._address = address
        self._read: set[str] = set()

    def next(self, subject: str) -> Mail:
        """Return the newest unread mail whose subject begins with ``subject``; wait until there is one."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            found = [name for name, mail in self._mails() if mail.subject.startswith(subject)]
            if found:
                self._read.update(found)
                return dict(self._all())[found[-1]]
            time.sleep(0.05)
        raise AssertionError(f"no mail {subject!r} to {self._address}: {[m.subject for _, m in self._all()]}")

    def _mails(self) -> list[tuple[str, Mail]]:
        return [(name, mail) for name, mail in self._all() if name not in self._read]

    def _all(self) -> list[tuple[str, Mail]]:
        files = sorted(self._folder.glob("*.log"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        return [(path.name, mail) for path in files if (mail := self._mail(path))]

    def _mail(self, path: Path) -> Mail | None:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        part = message.get_body(preferencelist=("plain",))
        if str(message["To"]) != self._address or part is None:
            return None
        return Mail(str(message["Subject"]), part.get_content())
