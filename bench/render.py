#!/usr/bin/env python3
"""Puts the tables of benchmarks into docs/benchmarks.md.

render.py [--results FOLDER] [--document FILE] NAME...

NAME's table is made of FOLDER/NAME.json (artifacts/bench), a list of objects with metric, value, unit, baseline, ratio, target and met, and
replaces what stands between the lines "<!-- bench NAME -->" and "<!-- /bench -->" of FILE. Where FILE has no such lines they are added at its
end, under a heading. All other text stays as it is. Exits with 1, and changes nothing, where a file is missing or not what it should be.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIELDS = ("metric", "value", "unit", "baseline", "ratio", "target", "met")
END = "<!-- /bench -->"


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
        facts = dict(re.split(r"\s*:\s*", line.strip(), maxsplit=1) for line in lines if ":" in line)
    flags = facts.get("flags", "").split()
    width = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    bfloat16 = " with bfloat16" if "avx512_bf16" in flags else ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = facts.get("model name", "unknown processor")
    return f"{name} ({width}{bfloat16}), {os.cpu_count()} processors, {memory:.0f} GiB"


def number(value):
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"a number or null was expected, not {value!r}")
    if float(value).is_integer():
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def with_unit(value, unit):
    return f"{number(value)} {unit}".strip() if value is not None else ""


def table(rows):
    compared = any(row["baseline"] is not None for row in rows)
    columns = ["", "measured"] + (["compared with", "ratio"] if compared else []) + ["target"]
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        target = ""
        if row["target"] is not None:
            target = number(row["target"]) + (", met" if row["met"] else ", **missed**")
        comparison = [with_unit(row["baseline"], row["unit"]), number(row["ratio"])] if compared else []
        cells = [row["metric"].replace("|", "\\|"), with_unit(row["value"], row["unit"]), *comparison, target]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def block(name, path):
    rows = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(rows, list) or not rows:
        raise ValueError("a list of rows was expected")
    for row in rows:
        missing = [field for field in FIELDS if field not in row]
        if missing:
            raise ValueError(f"a row has no {', '.join(missing)}: {row}")
    day = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.timezone.utc).date().isoformat()
    return f"<!-- bench {name} -->\n{day}, {machine()}, `make bench-{name}`:\n\n{table(rows)}\n\n{END}"


def replace(text, name, new):
    begin = f"<!-- bench {name} -->"
    if begin not in text:
        return f"{text.rstrip()}\n\n## {name}\n\n{new}\n"
    before, rest = text.split(begin, 1)
    if END not in rest:
        raise ValueError(f"no line {END} follows {begin}")
    return before + new + rest.split(END, 1)[1]


def main():
    parser = argparse.ArgumentParser(description="Puts the tables of benchmarks into docs/benchmarks.md.")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "artifacts" / "bench")
    parser.add_argument("--document", type=pathlib.Path, default=ROOT / "docs" / "benchmarks.md")
    parser.add_argument("names", nargs="+", metavar="NAME")
    arguments = parser.parse_args()
    text = arguments.document.read_text(encoding="utf-8")
    for name in arguments.names:
        try:
            text = replace(text, name, block(name, arguments.results / f"{name}.json"))
        except (OSError, ValueError) as problem:
            print(f"render.py: {name}: {problem}", file=sys.stderr)
            return 1
    arguments.document.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
