"""Service groups, services and classes of work, as plain records."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bpjs_service import yaml_files
from bpjs_service.yaml_files import BadReference

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Workload:
    """A class of work: the service that stands for it, and its mean seconds."""

    code: str
    service: str
    seconds: int


@dataclass(frozen=True)
class ServiceRecord:
    """A service; ``workload`` is the code of its class of work."""

    code: str
    workload: str
    name_id: str
    name_en: str
    confidence: str
    online_id: str = ""
    online_en: str = ""


@dataclass(frozen=True)
class GroupRecord:
    """A group with its services in the order of the kiosk."""

    code: str
    prefix: str
    name_id: str
    name_en: str
    services: list[ServiceRecord]
    is_quick: bool = False


@dataclass(frozen=True)
class NotQueued:
    """A service without a queue, and the one whose online text leads to it."""

    code: str
    found_at: str
    why: str


@dataclass(frozen=True)
class Catalogue:
    """Everything in the file of services."""

    groups: list[GroupRecord]
    not_queued: list[NotQueued]


def workloads(path: Path = FOLDER / "workloads.yaml") -> dict[str, Workload]:
    """Classes of work by code; raises ``BadReference``."""
    rows = [
        yaml_files.record(Workload, row, path.name)
        for row in yaml_files.read(path)["workloads"]
    ]
    return {row.code: row for row in rows}


def catalogue(path: Path = FOLDER / "services.yaml") -> Catalogue:
    """Groups and services in the order of the kiosk; raises ``BadReference``."""
    content = yaml_files.record(Catalogue, yaml_files.read(path), path.name)
    found = Catalogue(
        groups=[_group(row, path.name) for row in content.groups],  # type: ignore[arg-type]  # still mappings
        not_queued=[
            yaml_files.record(NotQueued, row, path.name)  # type: ignore[arg-type]  # still mappings
            for row in content.not_queued
        ],
    )
    _check(found)
    return found


def _group(row: dict[str, Any], where: str) -> GroupRecord:
    services = [
        yaml_files.record(ServiceRecord, service, f"{where}: {service.get('code')}")
        for service in row.get("services", [])
    ]
    return yaml_files.record(
        GroupRecord, {**row, "services": services}, f"{where}: {row.get('code')}"
    )


def _check(found: Catalogue) -> None:
    services = {row.code: row for group in found.groups for row in group.services}
    classes = workloads()
    for row in services.values():
        if row.workload not in classes:
            raise BadReference(f"{row.code}: unknown workload {row.workload}")
    for other in found.not_queued:
        target = services.get(other.found_at)
        if target is None or not target.online_id:
            raise BadReference(f"{other.code}: {other.found_at} does not lead to it")
