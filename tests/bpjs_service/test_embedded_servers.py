"""Real servers: crashes, strangers, accounts and folders."""

import multiprocessing
import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import environ
import psycopg2
import pytest
import redis

from bpjs_service.embedded import addresses, places, programs, servers
from bpjs_service.embedded.postgres import Postgres
from bpjs_service.embedded.problems import Exit, Problem
from bpjs_service.embedded.processes import command_line, working_in
from bpjs_service.embedded.servers import servers_up
from bpjs_service.embedded.valkey import Valkey, client
from tests.bpjs_service.embedded_places import (
    closed_folder,
    eventually,
    open_folder,
)

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="NOT TESTED HERE: only root can become another user"
)
HOLD_SERVERS = """
import sys, time
from pathlib import Path
from bpjs_service.embedded.servers import servers_up
with servers_up(Path(sys.argv[1]), durable=False):
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _no_outside_servers(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.fixture(scope="module")
def root():
    with open_folder() as path:
        yield path


@pytest.fixture
def postgres(root):
    server = Postgres(root, places.account_for_servers(), durable=False)
    yield server
    server.stop()


@pytest.fixture
def valkey(root):
    server = Valkey(root, places.account_for_servers())
    yield server
    server.stop()


def postmaster(server: Postgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    """Connect the way Django does and run one statement."""
    where = environ.Env.db_url_config(url)
    connection = psycopg2.connect(
        host=where["HOST"], user=where["USER"], dbname=where["NAME"]
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


class TestPostgres:
    def test_start_gives_a_database_with_room_for_everybody(self, postgres):
        url = postgres.start()

        assert ask(url, "SHOW max_connections") == [("200",)]
        assert ask(url, "SELECT current_database()") == [("bpjs_service",)]

    def test_socket_folder_is_private_and_goes_with_the_server(self, postgres):
        socket = Path(environ.Env.db_url_config(postgres.start())["HOST"])

        assert socket.stat().st_mode & 0o777 == 0o700
        postgres.stop()
        assert not socket.exists()
        assert not postgres.running()

    def test_killed_server_comes_back_with_what_was_committed(self, postgres):
        ask(postgres.start(), "CREATE TABLE kept AS SELECT 7 AS number")
        killed = postmaster(postgres)
        os.kill(killed, signal.SIGKILL)

        url = postgres.start()

        assert ask(url, "SELECT number FROM kept") == [(7,)]
        assert postmaster(postgres) != killed

    def test_pid_file_that_names_a_stranger_leaves_the_stranger_alone(self, postgres):
        postgres.start()
        pid_file = postgres.data / "postmaster.pid"
        lines = pid_file.read_text().split("\n")
        os.kill(postmaster(postgres), signal.SIGKILL)
        eventually(lambda: not working_in(postgres.data))
        account = {"user": postgres.account.uid} if postgres.account else {}
        with subprocess.Popen(["sleep", "60"], **account) as stranger:
            pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]))

            postgres.stop()
            assert ask(postgres.start(), "SELECT 1") == [(1,)]

            assert stranger.poll() is None
            stranger.kill()

    def test_set_up_that_was_interrupted_begins_again(self, postgres):
        with open_folder() as fresh:
            server = Postgres(fresh, postgres.account, durable=False)
            draft = places.owned_folder(fresh / "postgres-unfinished", postgres.account)
            (draft / "half").mkdir()
            (draft / "PG_VERSION").write_text("18\n")

            try:
                assert ask(server.start(), "SELECT 1") == [(1,)]
            finally:
                server.stop()

    def test_data_of_another_version_are_refused_with_a_sentence(self, postgres):
        with open_folder() as fresh:
            data = places.owned_folder(fresh / "postgres", postgres.account)
            (data / "PG_VERSION").write_text("9\n")

            with pytest.raises(Problem, match=r"made by PostgreSQL 9, which is not"):
                Postgres(fresh, postgres.account).start()

    def test_system_postgres_is_used_where_the_wheel_has_none(
        self, monkeypatch, postgres
    ):
        monkeypatch.setattr(programs, "_site_packages", lambda _package: None)
        if not programs._system_postgres():
            pytest.skip("NOT TESTED HERE: no PostgreSQL on this system")
        with open_folder() as fresh:
            server = Postgres(fresh, postgres.account, durable=False)
            try:
                url = server.start()
                assert ask(url, "SELECT 1") == [(1,)]
            finally:
                server.stop()

    def test_a_full_disk_is_told_before_anything_is_written(
        self, monkeypatch, tmp_path
    ):
        usage = type("Usage", (), {"free": 50 * 1024 * 1024})
        monkeypatch.setattr(places.shutil, "disk_usage", lambda _folder: usage)

        with pytest.raises(Problem, match="Only 50 MiB are free") as caught:
            Postgres(tmp_path, None).start()

        assert caught.value.code == Exit.NO_DISK_SPACE
        assert list(tmp_path.iterdir()) == []


class TestValkey:
    def test_killed_server_comes_back_with_its_data(self, valkey):
        redis.Redis.from_url(valkey.start()).set("kept", "7")
        for pid in working_in(valkey.data):
            os.kill(pid, signal.SIGKILL)

        url = valkey.start()

        assert redis.Redis.from_url(url).get("kept") == b"7"

    def test_running_server_is_joined(self, valkey):
        assert valkey.start() == valkey.start()
        assert len(working_in(valkey.data)) == 1

    def test_password_is_needed_and_kept_in_a_private_file(self, valkey):
        url = valkey.start()

        with pytest.raises(redis.AuthenticationError):
            client("redis://" + url.split("@")[1]).ping()
        assert (valkey.data / "valkey.conf").stat().st_mode & 0o777 == 0o600
        assert url.split("@")[0].split(":")[-1] not in command_line(
            working_in(valkey.data)[0]
        )

    def test_system_server_is_used_where_the_wheel_has_none(self, monkeypatch, valkey):
        monkeypatch.setattr(programs, "_site_packages", lambda _package: None)
        with open_folder() as fresh:
            server = Valkey(fresh, valkey.account)
            try:
                assert redis.Redis.from_url(server.start()).ping()
            except Problem as problem:
                pytest.skip(f"NOT TESTED HERE: {problem}")
            finally:
                server.stop()


class TestServersUp:
    def test_servers_of_a_killed_command_are_joined_and_stopped(
        self, monkeypatch, root
    ):
        monkeypatch.setenv("BPJS_VAR", str(root))
        with subprocess.Popen(
            [sys.executable, "-c", HOLD_SERVERS, str(root)], stdout=subprocess.PIPE
        ) as holder:
            assert holder.stdout.readline() == b"up\n"
            before = addresses.database_url()
            holder.kill()

        with servers_up(root, durable=False):
            assert addresses.database_url() == before
            assert ask(before, "SELECT 1") == [(1,)]

        assert not working_in(root / "postgres")
        assert not working_in(root / "valkey")

    def test_servers_killed_meanwhile_are_revived_at_the_same_address(
        self, monkeypatch, root
    ):
        monkeypatch.setenv("BPJS_VAR", str(root))
        with servers_up(root, durable=False) as up:
            before = addresses.database_url(), addresses.redis_url()
            for name in ("postgres", "valkey"):
                for pid in working_in(root / name):
                    os.kill(pid, signal.SIGKILL)

            eventually(lambda: not working_in(root / "postgres"))
            up.revive()

            assert (addresses.database_url(), addresses.redis_url()) == before
            assert ask(before[0], "SELECT 1") == [(1,)]
            assert client(before[1]).ping()

    def test_last_command_to_leave_stops_the_servers(self, monkeypatch, root):
        monkeypatch.setenv("BPJS_VAR", str(root))
        with servers_up(root, durable=False):
            with servers_up(root, durable=False):
                pass
            assert ask(addresses.database_url(), "SELECT 1") == [(1,)]

        assert not working_in(root / "postgres")
        assert addresses.redis_url() == "redis://127.0.0.1:1/0"

    @as_root
    def test_root_in_a_closed_folder_keeps_its_data_elsewhere(self, monkeypatch):
        with closed_folder() as var, servers_up(var, durable=False):
            monkeypatch.setenv("BPJS_VAR", str(var))
            root = places.data_root(var, places.account_for_servers())

            assert root.parent == Path("/var/tmp")
            assert (root / "postgres").stat().st_uid == pwd.getpwnam("nobody").pw_uid
            assert ask(addresses.database_url(), "SELECT 1") == [(1,)]
            assert not (var / "postgres").exists()

    @as_root
    def test_ordinary_user_needs_nobody_else(self):
        with open_folder() as var:
            user = pwd.getpwnam("daemon")
            os.chown(var, user.pw_uid, user.pw_gid)
            # Forked, not started anew: the interpreter may lie in root's own home.
            process = multiprocessing.get_context("fork").Process(
                target=_servers_as, args=(user, var)
            )
            process.start()
            process.join(timeout=30)

            assert process.exitcode == 0
            assert (var / "postgres").stat().st_uid == user.pw_uid
            assert not working_in(var / "postgres")


def _servers_as(user: pwd.struct_passwd, var: Path) -> None:
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ["BPJS_VAR"] = str(var)
    with servers_up(var, durable=False):
        assert ask(addresses.database_url(), "SELECT 1") == [(1,)]
        assert redis.Redis.from_url(addresses.redis_url()).ping()


class TestPlaces:
    @as_root
    def test_programs_nobody_can_reach_are_copied_once(self, monkeypatch, root):
        monkeypatch.setattr(programs, "_all_reachable", lambda _installed: False)
        nobody = places.account_for_servers()

        folder = programs.find_postgres(root, nobody, None)

        assert folder.is_relative_to(root)
        assert places.reachable(folder / "initdb")
        assert programs.major_version(folder) == "18"
        assert programs.find_postgres(root, nobody, None) == folder

    def test_folder_of_another_user_is_refused(self, tmp_path):
        stranger = places.Account(name="x", uid=os.geteuid() + 1, gid=1)
        (tmp_path / "postgres").mkdir()

        with pytest.raises(Problem, match="belongs to another user"):
            places.owned_folder(tmp_path / "postgres", stranger)

    def test_link_in_place_of_a_folder_is_refused(self, tmp_path):
        (tmp_path / "postgres").symlink_to(tmp_path)

        with pytest.raises(Problem, match="belongs to another user"):
            places.owned_folder(tmp_path / "postgres", None)

    def test_foreign_folder_is_never_removed_as_socket_folder(self, tmp_path):
        places.remove_socket_folder(tmp_path, None)

        assert tmp_path.exists()


class TestOutsideServers:
    @pytest.mark.parametrize(
        "url",
        [
            "postgres://someone:hidden@127.0.0.1:1/branch",
            "postgres://someone:hidden@//nowhere/branch",
        ],
    )
    def test_unreachable_database_is_told_without_its_password(self, monkeypatch, url):
        monkeypatch.setenv("DATABASE_URL", url)

        with pytest.raises(Problem, match="cannot be reached") as caught:
            servers.check_outside_servers()

        assert caught.value.code == Exit.DATABASE_UNREACHABLE
        assert "hidden" not in str(caught.value)

    def test_unreachable_redis_is_told(self, monkeypatch):
        monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")

        with pytest.raises(Problem, match="Redis cannot be reached") as caught:
            servers.check_outside_servers()

        assert caught.value.code == Exit.REDIS_UNREACHABLE

    def test_outside_servers_replace_the_embedded_ones(self, monkeypatch, root):
        monkeypatch.setenv("BPJS_VAR", str(root))
        with servers_up(root, durable=False):
            database, cache = addresses.database_url(), addresses.redis_url()
            monkeypatch.setenv("DATABASE_URL", database)
            monkeypatch.setenv("REDIS_URL", cache)
            with open_folder() as other, servers_up(other):
                assert not (other / "postgres").exists()
                assert not (other / "valkey").exists()
            monkeypatch.delenv("DATABASE_URL")
            monkeypatch.delenv("REDIS_URL")

    def test_old_database_server_is_refused(self, monkeypatch):
        old = Mock(server_version=130_004)
        monkeypatch.setattr(servers.psycopg2, "connect", Mock(return_value=old))
        monkeypatch.setenv("DATABASE_URL", "postgres://a@b/c")

        with pytest.raises(Problem, match="PostgreSQL 13; 15 or newer"):
            servers.check_outside_servers()

    def test_database_is_asked_as_encrypted_as_its_address_says(self, monkeypatch):
        connect = Mock(return_value=Mock(server_version=180_000))
        monkeypatch.setattr(servers.psycopg2, "connect", connect)
        url = "postgres://a@b/c?sslmode=verify-full&sslrootcert=/ca.pem"
        monkeypatch.setenv("DATABASE_URL", url)

        servers.check_outside_servers()

        given = connect.call_args.kwargs
        assert given["sslmode"] == "verify-full"
        assert given["sslrootcert"] == "/ca.pem"
        assert given["connect_timeout"] == 5
