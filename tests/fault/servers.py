"""The two shapes a deployment has, started on loopback with a state of their own."""

import os
import shlex
import signal
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, Self

import psycopg
import redis

from tests.server.running import ROOT, Server

POSTGRES = os.environ.get("POSTGRES_FAULT_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("REDIS_FAULT_URL", "redis://127.0.0.1:6379/14")
SECRET = "fault-tests-only-" + "x" * 50
ADMIN = ("operator@example.com", "harbour violet 91")


class Running:
    """A server that answers. ``port``, ``state_dir``; ``dump``, ``memory`` and ``logs`` are what it left behind."""

    kind: str
    web: Server

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.environment: dict[str, str] = {}
        self.stack = ExitStack()

    @property
    def port(self) -> int:
        return self.web.port

    def __exit__(self, *about: Any) -> None:
        self.stack.close()

    def manage(self, *arguments: str) -> None:
        """Run a management command on the server's database."""
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "BASE_URL", "SECRET_KEY")}
        environment = kept | {"STATE_DIR": str(self.state_dir)} | self.environment
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True, timeout=120)

    def execute(self, sql: str, *values: Any) -> None:
        """Change the database behind the server's back; ``?`` marks values."""
        raise NotImplementedError

    def dump(self) -> str:
        """Return every row of the database as text."""
        raise NotImplementedError

    def memory(self) -> str:
        """Return what Redis holds: caches, limits, queue."""
        return ""

    def files(self) -> dict[str, str]:
        """Return what lies in the state directory but mails, by path. The signing key's file is its own secret."""
        texts = {}
        for path in self.state_dir.rglob("*"):
            if path.name != "secret_key" and path.parent.name != "mail":
                # SQLite's write-ahead log goes away when it has been written back.
                with suppress(FileNotFoundError, IsADirectoryError):
                    texts[str(path)] = path.read_bytes().decode("latin-1")
        return texts

    def mails(self) -> list[str]:
        """Return the mails written so far, oldest first."""
        return [path.read_text() for path in sorted((self.state_dir / "mail").glob("*.log"))]


class Embedded(Running):
    """`script/server`: one process on SQLite."""

    kind = "embedded"

    def __enter__(self) -> Self:
        self.web = Server(self.state_dir)
        self.web.timeout_s = 240.0
        self.stack.enter_context(self.web)
        self.manage("create_user", ADMIN[0], "--password", ADMIN[1], "--admin")
        return self

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.state_dir / "platform.sqlite3", timeout=20)

    def execute(self, sql: str, *values: Any) -> None:
        with closing(self._connect()) as connection, connection:
            connection.execute(sql, values)

    def dump(self) -> str:
        with closing(self._connect()) as connection:
            return "\n".join(connection.iterdump())


class Services(Running):
    """The Procfile's ``web`` and ``worker`` on PostgreSQL and Redis, in a database made for them and dropped after."""

    kind = "services"

    def __enter__(self) -> Self:
        self.state_dir.mkdir(parents=True)
        name = f"fault_{os.getpid()}"
        url = POSTGRES.rpartition("/")[0] + f"/{name}"
        self.environment = {"DATABASE_URL": url, "REDIS_URL": REDIS, "SECRET_KEY": SECRET}
        self.stack.callback(self._sql, POSTGRES, f"DROP DATABASE {name} WITH (FORCE)")
        self._sql(POSTGRES, f"CREATE DATABASE {name}")
        self.database = url
        self.redis = redis.Redis.from_url(REDIS)
        self.redis.flushdb()
        self.stack.callback(self.redis.flushdb)
        for command in (("migrate", "--noinput", "-v0"), ("seed_market",)):
            self.manage(*command)
        self.manage("create_user", ADMIN[0], "--password", ADMIN[1], "--admin")
        self._start_worker()
        self.web = Server(self.state_dir, **self.environment)
        self.web.command = ["/usr/bin/env", "sh", "-c", f"exec {self._role('web')}"]
        self.web.timeout_s = 240.0
        self.stack.enter_context(self.web)
        return self

    def _role(self, name: str) -> str:
        """Return the Procfile's command of a role, on loopback and from this virtual environment."""
        lines = (ROOT / "Procfile").read_text().splitlines()
        command = next(line for line in lines if line.startswith(f"{name}:")).split(":", 1)[1].strip()
        here = shlex.quote(str(Path(sys.executable).parent))
        return f"{here}/{command}".replace("0.0.0.0", "127.0.0.1")

    def _start_worker(self) -> None:
        log = (self.state_dir / "worker.log").open("w")
        self.stack.callback(log.close)
        environment = os.environ | {"STATE_DIR": str(self.state_dir)} | self.environment
        worker = subprocess.Popen(
            ["/usr/bin/env", "sh", "-c", f"exec {self._role('worker')}"], cwd=ROOT, env=environment, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.stack.callback(worker.wait)
        self.stack.callback(os.killpg, worker.pid, signal.SIGKILL)

    @staticmethod
    def _sql(url: str, sql: str, *values: Any) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql, values)

    def execute(self, sql: str, *values: Any) -> None:
        self._sql(self.database, sql.replace("?", "%s"), *values)

    def dump(self) -> str:
        done = subprocess.run(["/usr/bin/env", "pg_dump", self.database], capture_output=True, text=True, check=True)
        return done.stdout

    def memory(self) -> str:
        readers = {
            b"string": self.redis.get, b"hash": self.redis.hgetall, b"set": self.redis.smembers,
            b"list": lambda key: self.redis.lrange(key, 0, -1),
            b"zset": lambda key: self.redis.zrange(key, 0, -1, withscores=True), b"stream": self.redis.xrange,
        }  # fmt: skip
        rows = [(key, self.redis.type(key)) for key in self.redis.scan_iter("*")]
        return "\n".join(f"{key!r} {readers[kind](key)!r}" for key, kind in rows if kind in readers)


SERVERS: dict[str, type[Running]] = {"embedded": Embedded, "services": Services}
