"""The container files agree with the settings; no container engine runs here."""

import importlib
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load(
    (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
REQUIRED = {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS"}
DOCKERFILE_LINES = DOCKERFILE.replace("\\\n", " ").splitlines()


def variables_read() -> set[str]:
    """Names of the environment variables that the settings look at."""
    files = ("settings.py", "embedded/addresses.py")
    text = "".join((REPOSITORY / "bpjs_service" / name).read_text() for name in files)
    return set(re.findall(r'(?:env\.\w+|environ\.get)\(\s*"([A-Z_]+)"', text))


def command_of(name: str) -> list[str]:
    """The command of one of our services; the image's own where it has none."""
    own = SERVICES[name].get("command")
    if own is not None:
        return own
    last = next(line for line in reversed(DOCKERFILE_LINES) if line.startswith("CMD "))
    return yaml.safe_load(last.removeprefix("CMD "))


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def test_services_are_the_whole_system():
    servers = {"postgres", "redis"}
    programs = {"migrate", "web", "live", "worker", "beat"}

    assert set(SERVICES) == servers | programs
    assert programs == OURS


@pytest.mark.parametrize("name", sorted(OURS))
def test_environment_is_what_the_settings_read(name):
    given = set(SERVICES[name]["environment"])

    assert given <= variables_read()
    assert given >= REQUIRED


def test_image_sets_only_variables_that_the_settings_read():
    line = next(line for line in reversed(DOCKERFILE_LINES) if line.startswith("ENV "))
    ours = set(re.findall(r"\b([A-Z_]+)=", line))

    assert ours - {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"} == {
        "STATIC_FROM_SOURCE",
        "STATIC_ROOT",
    }
    assert {"STATIC_FROM_SOURCE", "STATIC_ROOT"} <= variables_read()


def test_env_example_names_every_value_compose_asks_for():
    example = (REPOSITORY / ".env.example").read_text()
    text = (REPOSITORY / "docker-compose.yml").read_text()
    given = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))

    assert given == set(re.findall(r"\$\{([A-Z_]+)", text))


def test_make_env_fills_in_fresh_secrets():
    program = runpy.run_path(str(REPOSITORY / "bin" / "make-env"))
    line = program["filled"]("SECRET_KEY=")

    assert len(line) > len("SECRET_KEY=") + 50
    assert line != runpy.run_path(str(REPOSITORY / "bin" / "make-env"))["filled"](
        "SECRET_KEY="
    )
    assert program["filled"]("HTTPS=0") == "HTTPS=0"


@pytest.mark.parametrize(
    ("name", "interface"), [("web", "wsgi"), ("live", "asgi")], ids=["web", "live"]
)
def test_server_commands_name_applications_and_their_ports(name, interface):
    command = command_of(name)
    module, attribute = command[-1].split(":")

    assert command[0] == "granian"
    assert option(command, "--interface") == interface
    assert callable(getattr(importlib.import_module(module), attribute))
    port = option(command, "--port")
    assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert port in re.findall(
        r"\d+", next(line for line in DOCKERFILE_LINES if line.startswith("EXPOSE"))
    )


def test_live_port_is_where_the_live_service_listens():
    port = option(command_of("live"), "--port")

    assert {SERVICES[name]["environment"]["LIVE_PORT"] for name in OURS} == {port}


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_celery_commands_name_the_application(name):
    command = command_of(name)
    package = importlib.import_module(option(command, "-A"))

    assert command[3] == name
    assert package.celery_app.main == "bpjs_service"


def test_beat_runs_once():
    beats = [name for name in OURS if "beat" in command_of(name)]

    assert beats == ["beat"]
    assert "deploy" not in SERVICES["beat"]
    assert not {"-B", "--beat"} & set(command_of("worker"))


def test_database_is_prepared_once_by_commands_that_exist():
    shell, flag, line = command_of("migrate")
    commands = re.findall(r"python manage\.py (\w+)", line)

    assert (shell, flag) == ("sh", "-c")
    assert commands == ["migrate", "load_reference"]
    assert set(commands) <= set(get_commands())
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_services_are_confined(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service


def test_nobody_runs_as_root():
    users = [line.split()[1] for line in DOCKERFILE_LINES if line.startswith("USER ")]

    assert users == ["app"]
    assert {SERVICES[name].get("user") for name in OURS} == {None}
    assert SERVICES["postgres"]["user"] == "postgres"
    assert SERVICES["redis"]["user"] == "redis"


def test_images_are_pinned_to_a_patch_release():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images = [SERVICES[name]["image"] for name in SERVICES]

    for image in [*bases, *images]:
        assert re.search(r":\d+\.\d+(\.\d+)?", image), image
    assert SERVICES["postgres"]["image"].startswith("postgres:17.")
    assert SERVICES["redis"]["image"].startswith("redis:7.")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_services_restart_and_have_a_health_check(name):
    service = SERVICES[name]

    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", sorted(OURS - {"migrate"}))
def test_programs_wait_for_the_database_to_be_prepared(name):
    assert SERVICES[name]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "redis": {"condition": "service_healthy"},
    }
    assert SERVICES["migrate"]["depends_on"] == {
        "postgres": {"condition": "service_healthy"}
    }


def test_health_checks_ask_about_their_own_program():
    program = runpy.run_path(str(REPOSITORY / "bin" / "healthy"))

    for name in ("web", "live", "worker", "beat"):
        assert SERVICES[name]["healthcheck"]["test"][1:4] == [
            "python",
            "bin/healthy",
            name,
        ]
    ports = {name: port for name, (port, _path) in program["PORTS_AND_PATHS"].items()}
    assert ports == {
        name: int(option(command_of(name), "--port")) for name in ("web", "live")
    }
    schedule = SERVICES["beat"]["healthcheck"]["test"][4]
    assert option(command_of("beat"), "--schedule") == schedule


def test_everything_copied_into_the_image_is_let_through():
    ignored = (REPOSITORY / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    lines = [line.split()[1:-1] for line in DOCKERFILE_LINES if "COPY " in line]
    copied = {name for line in lines for name in line if not name.startswith("-")}

    assert copied - {"/opt/venv"} == allowed
    assert all((REPOSITORY / name).exists() for name in allowed)


def test_no_secret_is_written_down():
    text = (REPOSITORY / "docker-compose.yml").read_text()

    assert re.findall(r"(?:KEY|PASSWORD): (?!\$\{)\S+", text) == []
    assert re.findall(r"://\w+:(?!\$\{)\S*@", text) == []
    for line in (REPOSITORY / ".env.example").read_text().splitlines():
        name, _equals, value = line.partition("=")
        assert not (name.endswith(("KEY", "PASSWORD")) and value)
