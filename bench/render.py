#!/usr/bin/env python3
"""Puts the tables of benchmarks into docs/benchmarks.md, and their figures into bench/history.

render.py [--results FOLDER] [--document FILE] [--history FOLDER] NAME...

NAME's table is made of FOLDER/NAME.json (artifacts/bench): the conditions of the run (date, commit, machine, instructions, processors,
memoryGiB, load, settings), and rows with metric, value, unit, baseline, ratio, target and met. It replaces what stands between the lines
"<!-- bench NAME -->" and "<!-- /bench -->" of the document. Where the document has no such lines they are added at its end, under a heading.
All other text stays as it is. The rows are added to NAME.csv of the history, once for each run. Exits with 1, and changes nothing of that
benchmark, where a file is missing or not what it should be.
"""

import argparse
import csv
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONDITIONS = ("date", "commit", "machine", "instructions", "processors", "memoryGiB", "load", "settings")
FIELDS = ("metric", "value", "unit", "baseline", "ratio", "target", "met")
KEPT = ("metric", "value", "unit", "baseline")
END = "<!-- /bench -->"


def read(path):
    """The run in a file, with all of its fields."""
    run = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(run, dict) or not isinstance(run.get("rows"), list) or not run["rows"]:
        raise ValueError("a run with rows was expected")
    for what, wanted, fields in [("the run", CONDITIONS, run), *(("a row", FIELDS, row) for row in run["rows"])]:
        missing = [field for field in wanted if field not in fields]
        if missing:
            raise ValueError(f"{what} has no {', '.join(missing)}")
    return run


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
    wanted = any(row["target"] is not None for row in rows)
    columns = ["", "measured"] + (["compared with", "ratio"] if compared else []) + (["target"] if wanted else [])
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        target = ""
        if row["target"] is not None:
            target = number(row["target"]) + (", met" if row["met"] else ", **missed**")
        comparison = [with_unit(row["baseline"], row["unit"]), number(row["ratio"])] if compared else []
        cells = [row["metric"].replace("|", "\\|"), with_unit(row["value"], row["unit"]), *comparison, *([target] if wanted else [])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def block(name, run):
    machine = f"{run['machine']} ({run['instructions']}), {run['processors']} processors, {run['memoryGiB']} GiB, load {run['load']:g}"
    command = f"{run['settings']} make bench-{name}".strip()
    return f"<!-- bench {name} -->\n{run['date'][:10]}, commit {run['commit']}, {machine}, `{command}`:\n\n{table(run['rows'])}\n\n{END}"


def keep(path, run):
    """Adds the rows of a run that is not there yet."""
    columns = (*CONDITIONS, *KEPT)
    known = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            known = [(row["date"], row["commit"]) for row in csv.DictReader(file)]
    if (run["date"], run["commit"]) in known:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if not known:
            writer.writerow(columns)
        writer.writerows([*(run[field] for field in CONDITIONS), *(row[field] for field in KEPT)] for row in run["rows"])


def replace(text, name, new):
    begin = f"<!-- bench {name} -->"
    if begin not in text:
        return f"{text.rstrip()}\n\n## {name}\n\n{new}\n"
    before, rest = text.split(begin, 1)
    if END not in rest:
        raise ValueError(f"no line {END} follows {begin}")
    return before + new + rest.split(END, 1)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "artifacts" / "bench")
    parser.add_argument("--document", type=pathlib.Path, default=ROOT / "docs" / "benchmarks.md")
    parser.add_argument("--history", type=pathlib.Path, default=ROOT / "bench" / "history")
    parser.add_argument("names", nargs="+", metavar="NAME")
    arguments = parser.parse_args()
    for name in arguments.names:
        try:
            run = read(arguments.results / f"{name}.json")
            text = replace(arguments.document.read_text(encoding="utf-8"), name, block(name, run))
        except (OSError, ValueError) as problem:
            print(f"render.py: {name}: {problem}", file=sys.stderr)
            return 1
        arguments.document.write_text(text, encoding="utf-8")
        keep(arguments.history / f"{name}.csv", run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
