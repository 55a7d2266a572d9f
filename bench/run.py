#!/usr/bin/env python3
"""Measures Reseal against the tools that do the same work, itself with parts left out, and its server. `make bench` calls it.

Inputs are made first; then all commands of a group run once in each turn, in an order that changes from turn to turn, so that all see
the same states of the machine: who always follows the longest peer finds memory that the host has taken back meanwhile. The output
of the run before is removed just before each run: memory that was freed a moment ago is the cheapest there is, for everyone alike.
Results go to bench/out/results.json.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import images
import inputs
import instances
import machine
import report
import server
import tools
from groups import Group, Side, all_groups
from process import Failed, Run, run_at_once
from workshop import Workshop

SERVER, IMAGES, INSTANCES = SERVICES = ("server", "images", "instances")
OUT = Path(__file__).resolve().parent / "out"
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", OUT.parent.parent / "target")) / "release" / "reseal"


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: stopped"))
    sizes = _sizes(options)
    shop = Workshop(options.work.resolve(), sizes, tools.Reseal(options.program.resolve()))
    groups, services = _wanted(all_groups(shop), options.rows)
    os.environ["RESEAL_DATA"] = str(shop.folder / "data")
    if shop.folder.exists():
        sys.exit(f"bench: error: {shop.folder} exists: another run, or what is left of one. Remove it, or name another with --work")
    started = time.monotonic()
    try:
        print(f"bench: {sizes.label} size, in {shop.folder}", flush=True)
        if groups:
            shop.build({group.name for group in groups})
        results = [(group, _measure(group, shop, options.quick)) for group in groups]
        load = options.program.resolve().parent / "examples" / "load"
        program = options.program.resolve()
        served = server.measure(program, load, shop.folder / "server", options.quick) if SERVER in services else None
        imaged = images.measure(program, shop.folder / "images", sizes, options.quick) if IMAGES in services else None
        ran = instances.measure(program, shop.folder / "instances", options.quick) if INSTANCES in services else None
    except Failed as failed:
        sys.exit(f"bench: error: {failed}")
    finally:
        shop.remove()
    rows = [row for group, runs in results for row in report.rows_of(group, runs)] + report.memory_rows(results)
    rows += (server.rows(served) if served else []) + (images.rows(imaged) if imaged else []) + (instances.rows(ran) if ran else [])
    about = {"size": sizes.label, "big_data_bytes": sizes.big_data, "seconds": round(time.monotonic() - started),
             "machine": machine.describe(options.program, options.json.parent)}
    of_services = {SERVER: server.as_json(served) if served else None, IMAGES: images.as_json(imaged) if imaged else None,
                   INSTANCES: instances.as_json(ran) if ran else None}
    report.write_json(options.json, about, rows, results, of_services)
    if served:
        print(f"\n{server.table(served)}")
    if imaged:
        print(f"\n{images.table(imaged)}")
    print(f"\n{report.table(rows)}\n\n{sum(row.met for row in rows)} of {len(rows)} aims met, {sizes.label} size, "
          f"{about['seconds']} s, {options.json}")
    if groups:
        print(f"Peak memory below {machine.memory_floor_mib():.0f} MiB cannot be seen: the runner itself takes that much.")
    if groups and sizes is not inputs.FULL:
        print("The aims are stated for the full size; smaller inputs only show that the benchmark runs.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures Reseal against qemu-img, cryptsetup, cp and dd.")
    parser.add_argument("--quick", action="store_true", help="small inputs, few repeats: shows that it works, not how fast it is")
    parser.add_argument("--rows", metavar="A,B", help="only these groups: encrypt, durable, reencrypt, …, server, images, instances")
    parser.add_argument("--work", type=Path, default=OUT / "work", help="folder for inputs and outputs (up to 28 GB, removed at the end)")
    parser.add_argument("--json", type=Path, default=OUT / "results.json", help="where the results go")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="the reseal binary")
    return parser.parse_args()


def _sizes(options: argparse.Namespace) -> inputs.Sizes:
    if options.quick:
        return inputs.QUICK
    options.work.parent.mkdir(parents=True, exist_ok=True)
    sizes = inputs.largest_that_fits(shutil.disk_usage(options.work.parent).free, machine.memory_free())
    if sizes is not inputs.FULL:
        print(f"bench: not enough free disk or memory for the full size: taking the {sizes.label} size")
    return sizes


def _wanted(groups: list[Group], names: str | None) -> tuple[list[Group], set[str]]:
    """The groups of commands, and what of the server is measured too."""
    if names is None:
        return groups, set(SERVICES)
    known = {group.name: group for group in groups}
    wanted = names.split(",")
    unknown = [name for name in wanted if name not in known and name not in SERVICES]
    if unknown:
        sys.exit(f"bench: error: no group {', '.join(unknown)}; there are: {', '.join([*known, *SERVICES])}")
    return [known[name] for name in wanted if name in known], {name for name in wanted if name not in known}


def _measure(group: Group, shop: Workshop, quick: bool) -> dict[str, list[Run]]:
    print(f"  {group.name}: ", end="", flush=True)
    order = random.Random(group.name)  # the same in every run of the benchmark
    if group.settle:
        machine.read(group.sources)
        _run_side(group.sides[0], group, shop)
    runs: dict[str, list[Run]] = {side.name: [] for side in group.sides}
    for turn in range(min(group.repeats, 3) if quick else group.repeats):
        for side in order.sample(group.sides, len(group.sides)):
            if side.repeats is None or turn < side.repeats:
                runs[side.name].append(_run_side(side, group, shop))
        print(".", end="", flush=True)
    _remove_outputs(group)
    print("  " + ", ".join(f"{name} {report.median([run.wall_s for run in done]):.3f} s" for name, done in runs.items()), flush=True)
    return runs


def _run_side(side: Side, group: Group, shop: Workshop) -> Run:
    _remove_outputs(group)
    free_before = _free(group.volume)
    run = run_at_once(side.commands, shop.log)
    run.output_mib = sum(output.stat().st_blocks * 512 for output in side.outputs if output.exists()) / inputs.MIB
    run.volume_mib = max(0, free_before - _free(group.volume)) / inputs.MIB
    return run


def _remove_outputs(group: Group) -> None:
    for output in {output for side in group.sides for output in side.outputs}:
        output.unlink(missing_ok=True)


def _free(volume: Path | None) -> int:
    if volume is None:
        return 0
    os.sync()
    return shutil.disk_usage(volume).free


if __name__ == "__main__":
    main()
