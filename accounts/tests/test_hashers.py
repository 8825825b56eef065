"""Password hashes."""

import threading
import time

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from accounts import hashers


def test_argon2id_with_the_recommended_cost() -> None:
    encoded = make_password("a long phrase")
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password("a long phrase", encoded)
    assert not check_password("another phrase", encoded)
    assert check_password("old", Argon2PasswordHasher().encode("old", "x" * 16))


def test_no_more_than_a_few_hashes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def slow(self: Argon2PasswordHasher, password: str, salt: str) -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return ""

    monkeypatch.setattr(Argon2PasswordHasher, "encode", slow)
    threads = [threading.Thread(target=hashers.PlatformHasher().encode, args=("p", "s")) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == hashers.AT_ONCE
