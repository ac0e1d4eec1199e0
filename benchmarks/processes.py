"""CPU and memory of other processes, from /proc (Linux)."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def _stat(pid: int) -> list[str]:
    """The fields after the name: state, parent and so on."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def tree(*roots: int) -> set[int]:
    """The `roots` and everything below them."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
            except OSError:
                continue  # it has ended meanwhile
    found, waiting = set(), list(roots)
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting += children.get(pid, [])
    return found


def cpu_seconds(*roots: int) -> float:
    """The CPU time of the trees: to the nanosecond of what runs, to the tick of what has ended."""
    seconds = 0.0
    for pid in tree(*roots):
        try:
            for task in (PROC / str(pid) / "task").iterdir():
                seconds += int((task / "schedstat").read_text().split()[0]) / 1e9
            fields = _stat(pid)
            seconds += (int(fields[13]) + int(fields[14])) / TICK
        except OSError:
            continue
    return seconds


def proportional_mib(pid: int) -> float:
    """Its memory with shared pages divided among those who share them (PSS)."""
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def parent(pid: int) -> int:
    return int(_stat(pid)[1])
