#!/usr/bin/env python3
"""Steps of the trainer and of the same model in PyTorch, in turns; writes the rows of artifacts/bench/pytorch.json.

    compare.py --trainer FILE --json FILE [--python COMMAND] [--sizes WIDTH:HEADS:CONTEXT:BATCH ...] [--precisions ...] ...

Four PyTorch processes wait beside the trainer's (eager and torch.compile, each with Standard and mHC). In each round all of them
do some steps, one after the other. What is compared are medians of the rounds' medians.
"""

import argparse
import contextlib
import json
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = f"{HERE.parent.parent / 'eng' / 'pytorch.sh'} {HERE} python3"
RESIDUALS, MODES = ("standard", "mhc"), ("eager", "compiled")
TOKENS_PER_SECOND = {"standard": 1.0, "mhc": 1.25}  # targets: ours over the better of theirs
MHC_OVER_STANDARD = {(512, 512, 4): 1.067, (256, 256, 8): 1.12}  # by width, context and batch
LAYER = 2.0
STEPS = 5


class Peer:
    """A process of model.py."""

    def __init__(self, python, *arguments):
        self._process = subprocess.Popen([*shlex.split(python), "-W", "ignore", "model.py", *map(str, arguments)],
                                         cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"PyTorch ended with {self._process.wait()}")
        return line

    def median(self, steps):
        """Of their times in milliseconds; one more goes first, for threads that have gone to sleep."""
        self._process.stdin.write(f"{steps + 1}\n")
        self._process.stdin.flush()
        return statistics.median(json.loads(self._answer())[1:])

    def close(self):
        self._process.stdin.close()
        self._process.wait()


def rows_of(trainer, *arguments):
    """What a command of the trainer measures, by metric."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run([trainer, *map(str, arguments), "--json", file.name], check=True, stdout=subprocess.DEVNULL)
        return {row["metric"]: row["value"] for row in json.load(file)}


def row(metric, value, unit, baseline=None, ratio=None, target=None, met=None):
    return {"metric": metric, "value": value, "unit": unit, "baseline": baseline, "ratio": ratio, "target": target, "met": met}


def compare_steps(o, size, precision):
    width, heads, context, batch = size
    model = ("--layers", o.layers, "--width", width, "--heads", heads, "--context", context, "--threads", o.threads, "--precision", precision)
    label = f"{o.layers} layers, width {width}, context {context}, batch {batch}, {precision}"
    times = {(residual, mode): [] for residual in RESIDUALS for mode in (*MODES, "ours")}
    with contextlib.ExitStack() as stack:
        peers = {}
        for residual in RESIDUALS:
            for mode in MODES:
                peer = Peer(o.python, "step", "--residual", residual, *(["--compile"] if mode == "compiled" else []), "--batch", batch, *model)
                peers[residual, mode] = stack.enter_context(contextlib.closing(peer))
        for _ in range(o.rounds):
            ours = rows_of(o.trainer, "bench", *model, "--batch-tokens", batch * context, "--rounds", STEPS, "--variants", *RESIDUALS)
            for residual in RESIDUALS:
                times[residual, "ours"].append(ours[f"step, {residual}"])
            for name, peer in peers.items():
                times[name].append(peer.median(STEPS))
            print(f"{label}: " + ", ".join(f"{' '.join(name)} {spent[-1]:.0f} ms" for name, spent in times.items()), flush=True)
    middle = {name: statistics.median(spent) for name, spent in times.items()}

    def tokens_per_second(residual, mode):
        return batch * context / middle[residual, mode] * 1e3

    for residual, title in zip(RESIDUALS, ("Standard", "mHC")):
        best = max(MODES, key=lambda mode: tokens_per_second(residual, mode))
        ours, theirs, target = tokens_per_second(residual, "ours"), tokens_per_second(residual, best), TOKENS_PER_SECOND[residual]
        yield row(f"{title}, {label}; beside PyTorch, {best}", ours, "tokens/s", theirs, ours / theirs, target, ours / theirs >= target)
    for mode in ("ours", *MODES):
        target = MHC_OVER_STANDARD.get((width, context, batch)) if mode == "ours" else None
        ratio = middle["mhc", mode] / middle["standard", mode]
        yield row(f"step, mHC beside Standard, {label}; {'ours' if mode == 'ours' else f'PyTorch, {mode}'}", middle["mhc", mode], "ms",
                  middle["standard", mode], ratio, target, None if target is None else ratio <= target)


def compare_layers(o):
    """2048 tokens of 512 channels in float32."""
    ours, theirs = [], {mode: [] for mode in MODES}
    metric = "mHC layer without F, forward + backward"
    with contextlib.ExitStack() as stack:
        peers = {mode: stack.enter_context(contextlib.closing(Peer(o.python, "layer", "--threads", o.threads, *(["--compile"] if mode == "compiled" else []))))
                 for mode in MODES}
        for _ in range(o.rounds):
            ours.append(rows_of(o.trainer, "bench-kernels", "--threads", o.threads, "--rounds", STEPS)[metric])
            for mode, peer in peers.items():
                theirs[mode].append(peer.median(4 * STEPS))
    best = min(MODES, key=lambda mode: statistics.median(theirs[mode]))
    value, baseline = statistics.median(ours), statistics.median(theirs[best])
    yield row(f"{metric}; beside PyTorch, {best}", value, "ms", baseline, baseline / value, LAYER, baseline / value >= LAYER)


def size(text):
    numbers = text.split(":")
    if len(numbers) != 4 or not all(number.isdigit() for number in numbers):
        raise argparse.ArgumentTypeError(f"WIDTH:HEADS:CONTEXT:BATCH was expected, not {text!r}")
    return tuple(map(int, numbers))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trainer", required=True)
    parser.add_argument("--json", required=True, type=pathlib.Path)
    parser.add_argument("--python", default=PYTHON, help="a Python that has PyTorch (eng/pytorch.sh's)")
    parser.add_argument("--sizes", nargs="+", type=size, default=[(512, 8, 512, 4), (256, 4, 256, 8)])
    parser.add_argument("--precisions", nargs="+", default=["Float32", "BFloat16"], choices=["Float32", "BFloat16"])
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    o = parser.parse_args()
    try:
        rows = [r for wanted in o.sizes for precision in o.precisions for r in compare_steps(o, wanted, precision)]
        rows += compare_layers(o)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as problem:
        print(f"compare.py: {problem}", file=sys.stderr)
        return 1
    o.json.parent.mkdir(parents=True, exist_ok=True)
    o.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    for r in rows:
        target = "" if r["target"] is None else f", target {r['target']}: {'met' if r['met'] else 'MISSED'}"
        print(f"{r['metric']}: {r['value']:.1f} {r['unit']}, compared with {r['baseline']:.1f}: {r['ratio']:.3f}{target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
