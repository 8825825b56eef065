"""`check --deploy` under production settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.anydb
def test_check_deploy_is_clean(tmp_path: Path) -> None:
    production = {
        "DATABASE_URL": "postgres://user@127.0.0.1:5432/none", "SECRET_KEY": "aZ3-kQ9x" * 10, "HOST": "0.0.0.0",
        "BASE_URL": "https://trade.example.com", "TRUSTED_PROXIES": "10.0.0.0/8", "CREDENTIALS_KEYS": "k" * 40,
        "EMAIL_URL": "smtp+tls://user:word@mail.example.com:587", "ADMIN_REQUIRE_TOTP": "1", "STATE_DIR": str(tmp_path),
    }  # fmt: skip
    kept = {key: value for key, value in os.environ.items() if key != "REDIS_URL"}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=kept | production, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr
