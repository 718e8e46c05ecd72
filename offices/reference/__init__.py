"""Offices and holidays that every installation starts with, as plain records."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from bpjs_service import yaml_files

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class OfficeRecord:
    """One office; ``parent`` is the code of the office above it."""

    code: str
    name: str
    kind: str
    parent: str | None = None
    zone: str = "Asia/Jakarta"


@dataclass(frozen=True)
class FixedDate:
    """A holiday with the same date every year."""

    month: int
    day: int
    name: str


@dataclass(frozen=True)
class _HolidayFile:
    office: str
    years: list[int]
    fixed_dates: list[dict[str, str]]


@dataclass(frozen=True)
class HolidayRecord:
    """A closed day of an office, given by its code, and of every office below it."""

    office: str
    date: dt.date
    name: str


def offices(path: Path = FOLDER / "offices.yaml") -> list[OfficeRecord]:
    """Offices, each after the one above it; raises ``BadReference``."""
    rows = yaml_files.read(path)["offices"]
    return [yaml_files.record(OfficeRecord, row, path.name) for row in rows]


def holidays(path: Path = FOLDER / "holidays.yaml") -> list[HolidayRecord]:
    """Holidays of the years the file names; raises ``BadReference``."""
    content = yaml_files.record(_HolidayFile, yaml_files.read(path), path.name)
    dates = [
        yaml_files.record(FixedDate, row, path.name) for row in content.fixed_dates
    ]
    return [
        HolidayRecord(content.office, dt.date(year, date.month, date.day), date.name)
        for year in content.years
        for date in dates
    ]
