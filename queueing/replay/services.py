"""Which service of the catalogue stands for each class of visitors in a replay."""

from pathlib import Path

import yaml

WORKLOADS = Path(__file__).parents[1] / "reference" / "workloads.yaml"


def replay_services() -> dict[str, str]:
    """Service code by workload, as ``reference/workloads.yaml`` pairs them."""
    rows = yaml.safe_load(WORKLOADS.read_text(encoding="utf-8"))["workloads"]
    return {row["code"]: row["service"] for row in rows}
