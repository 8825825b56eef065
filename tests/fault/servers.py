"""The two shapes a deployment has, started on loopback with a state of their own."""

import itertools
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, Self

import psycopg
import redis

from tests.server.running import ROOT, Server, free_port

POSTGRES = os.environ.get("POSTGRES_FAULT_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("REDIS_FAULT_URL", "redis://127.0.0.1:6379/14")
SECRET = "fault-tests-only-" + "x" * 50
ADMIN = ("operator@example.com", "harbour violet 91")
_number = itertools.count()


class Running(ABC):
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

    @abstractmethod
    def execute(self, sql: str, *values: Any) -> None:
        """Change the database behind the server's back; ``?`` marks values."""

    @abstractmethod
    def dump(self) -> str:
        """Return every row of the database as text."""

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
    redis_url = REDIS

    def __enter__(self) -> Self:
        self.state_dir.mkdir(parents=True, exist_ok=True)
        name = f"fault_{os.getpid()}_{next(_number)}"
        url = POSTGRES.rpartition("/")[0] + f"/{name}"
        self.environment = {"DATABASE_URL": url, "REDIS_URL": self.redis_url, "SECRET_KEY": SECRET}
        self.stack.callback(self._sql, POSTGRES, f"DROP DATABASE {name} WITH (FORCE)")
        self._sql(POSTGRES, f"CREATE DATABASE {name}")
        self.database = url
        self.redis = redis.Redis.from_url(self.redis_url)
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
        self.worker = self._start(self._role("worker"), "worker.log")
        self.stack.callback(self.kill_worker)

    def kill_worker(self) -> None:
        """Kill the worker with its children, as a machine does that loses power."""
        if self.worker.poll() is None:
            os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker.wait()

    def restart_worker(self) -> None:
        """Start the worker again after a kill."""
        self.worker = self._start(self._role("worker"), "worker.log")

    def _start(self, command: str, log_name: str) -> "subprocess.Popen[bytes]":
        environment = os.environ | {"STATE_DIR": str(self.state_dir)} | self.environment
        with (self.state_dir / log_name).open("a") as log:
            return subprocess.Popen(
                ["/usr/bin/env", "sh", "-c", f"exec {command}"], cwd=ROOT, env=environment, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

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


class OwnRedis:
    """A Redis server that may be stopped and started."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, if it is not running."""
        if self.process is not None:
            return
        program = shutil.which("redis-server")
        if program is None:
            raise AssertionError("redis-server is not installed")
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.home), "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                redis.Redis(port=self.port).ping()
                return
            except redis.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("Redis did not start")

    def stop(self) -> None:
        """Kill it, if it is running; what it held is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class WithBeat(Services):
    """The Procfile's ``beat`` too, whose sweep finds what nobody was woken for and makes second attempts; on a Redis of
    its own, ``store``.
    """

    def __enter__(self) -> Self:
        self.state_dir.mkdir(parents=True)
        self.store = OwnRedis(self.state_dir)
        self.stack.callback(self.store.stop)
        self.store.start()
        self.redis_url = self.store.url
        try:
            super().__enter__()
        except BaseException:
            self.stack.close()
            raise
        self.stack.callback(self.store.start)  # what is torn down empties it
        return self

    def _start_worker(self) -> None:
        super()._start_worker()
        beat = self._start(f"{self._role('beat')} --schedule {self.state_dir}/beat", "beat.log")
        self.stack.callback(beat.wait)
        self.stack.callback(os.killpg, beat.pid, signal.SIGKILL)


SERVERS: dict[str, type[Running]] = {"embedded": Embedded, "services": Services}
