"""A PostgreSQL server of the tests' own: made in a temporary folder, on a socket there, gone when they end."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

SETTINGS = {
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "listen_addresses": "",
    "max_connections": "40",
    "shared_buffers": "16MB",
}
"""Small and quiet. `fsync`, `full_page_writes` and `synchronous_commit` stay on: the store asks for them."""

KEEPER = 'postgres=$1; shift; "$postgres" "$@" & server=$!; cat > /dev/null; kill -QUIT $server; wait $server'
"""The server ends with the pipe to its keeper, also when the tests are killed."""


def binaries() -> Path | None:
    """Folder of `initdb` and `postgres`: from PATH, else the newest that Debian has; None where there is none."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    return next((one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


def ordinary_user() -> str | None:
    """Who the server runs as: `initdb` refuses root. None for whoever we are."""
    if os.geteuid() != 0:
        return None
    return next((name for name in ("postgres", "nobody") if _exists(name)), None)


def _exists(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


class Cluster:
    """One server: `start` and `stop` it, `crash` it, and ask for `fresh` schemas."""

    def __init__(self, folder: Path) -> None:
        self._bin = folder
        self._user = ordinary_user()
        self._root = Path(tempfile.mkdtemp(prefix="kezek-pg-"))
        if self._user:
            shutil.chown(self._root, self._user)
        self._data = self._root / "data"
        self._keeper: subprocess.Popen[bytes] | None = None
        self._count = 0
        self._run("initdb", "-D", self._data, "-U", "kezek", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")

    def _run(self, name: str, *arguments: object) -> None:
        command = [str(self._bin / name), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, user=self._user, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{name} failed: {done.stdout}{done.stderr}")

    def start(self) -> None:
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [
            "sh",
            "-c",
            KEEPER,
            "sh",
            str(self._bin / "postgres"),
            "-D",
            str(self._data),
            "-k",
            str(self._root),
        ]
        with (self._root / "server.log").open("ab") as log:
            self._keeper = subprocess.Popen(
                [*command, *options], stdin=subprocess.PIPE, stdout=log, stderr=log, user=self._user, cwd="/"
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        import psycopg

        for _ in range(600):
            try:
                psycopg.connect(self.url("kezek")).close()
            except psycopg.OperationalError:
                if self._keeper is None or self._keeper.poll() is not None:
                    break
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"the server did not come up: {(self._root / 'server.log').read_text()[-2000:]}")

    def url(self, user: str) -> str:
        return f"postgresql://{user}@/postgres?host={self._root}"

    def fresh(self) -> str:
        """Return the address of an empty schema with a user of its own, who finds it first."""
        import psycopg

        self._count += 1
        user = f"user_{self._count}"
        with psycopg.connect(self.url("kezek"), autocommit=True) as connection:
            connection.execute(
                f"CREATE ROLE {user} LOGIN; CREATE SCHEMA {user} AUTHORIZATION {user};"
                f"GRANT CREATE ON DATABASE postgres TO {user}"
            )
        return self.url(user)

    def drop(self, url: str) -> None:
        import psycopg

        user = url.partition("//")[2].partition("@")[0]
        with psycopg.connect(self.url("kezek"), autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (user,))
            connection.execute(f"DROP SCHEMA {user} CASCADE")

    def crash(self) -> None:
        """Kill the server and all its processes at once, as a power cut would but for the disk."""
        server = int((self._data / "postmaster.pid").read_text().split()[0])
        children = _children(server)
        for pid in (server, *children):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._end_keeper()
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < deadline:
            time.sleep(0.01)

    def stop(self) -> None:
        self._end_keeper()
        shutil.rmtree(self._root, ignore_errors=True)

    def _end_keeper(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is None or keeper.stdin is None:
            return
        keeper.stdin.close()
        try:
            keeper.wait(timeout=60)
        except subprocess.TimeoutExpired:
            keeper.kill()
            keeper.wait()


def _children(parent: int) -> list[int]:
    """Find the children of a process (Linux)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found
