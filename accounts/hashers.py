"""How passwords are hashed."""

import threading
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

AT_ONCE = 4
_room = threading.BoundedSemaphore(AT_ONCE)


class PlatformHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes and one lane, the least that OWASP's password storage cheat sheet recommends.

    A process makes four hashes at once and no more: however many sign-ins arrive together, they wait for their turn
    and do not take its memory.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _room:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _room:
            return super().verify(password, encoded)

    def harden_runtime(self, password: str, encoded: str) -> Any:
        """Argon2 takes its own time; there is nothing to add."""
