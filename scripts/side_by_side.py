#!/usr/bin/env python3
"""Builds the test programs and runs several subjects at once, each in a process of its own: most of their time they
wait for a browser, a printer or a clock. The unit tests of a crate are one subject, each module of tests/main.rs is
another. What a subject says is shown whole once it has ended; the last lines name those that failed and how long each
one took. Arguments go to every process."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# These begin first. A slow one that is not named here ends late, and no more.
SLOWEST = [
    "accessibility",
    "rows",
    "courses",
    "drawn_for",
    "station",
    "forms",
    "agent",
    "api_contract",
    "labels",
    "demo",
    "duplicates",
]


def programs():
    """(name, path) of each test program, as cargo has built them."""
    build = ["cargo", "test", "--no-run", "--message-format=json-render-diagnostics"]
    made = subprocess.run(build, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found = []
    for line in made.stdout.splitlines():
        said = json.loads(line)
        if said.get("profile", {}).get("test") and said.get("executable"):
            target = said["target"]
            kind = "" if target["kind"] == ["test"] else f" ({target['kind'][0]})"
            found.append((target["name"] + kind, said["executable"]))
    if not found:
        sys.exit("cargo named no test programs")
    return found


def subjects():
    """(name, command) of each subject, the slowest first."""
    found = []
    for name, path in programs():
        if name != "all":
            found.append((name, [path]))
            continue
        listed = subprocess.run([path, "--list", "--format=terse"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        modules = {}
        for test in (line.removesuffix(": test") for line in listed.stdout.splitlines() if line.endswith(": test")):
            modules.setdefault(test.split("::")[0], []).append(test)
        found += [(module, [path, "--exact", *tests]) for module, tests in modules.items()]
    place = {name: n for n, name in enumerate(SLOWEST)}
    return sorted(found, key=lambda s: (place.get(s[0], len(place)), s[0]))


def run(name, command, args):
    """Name, whether it failed, seconds, and all that it said."""
    began = time.monotonic()
    env = {**os.environ, "CARGO_MANIFEST_DIR": ROOT}
    done = subprocess.run(
        [*command, *args], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return name, done.returncode != 0, time.monotonic() - began, done.stdout.decode(errors="replace")


def main():
    args = sys.argv[1:]
    all_of_them = subjects()
    ended, failed = [], []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for future in as_completed([pool.submit(run, name, command, args) for name, command in all_of_them]):
            name, broken, seconds, said = future.result()
            ended.append((seconds, name))
            if broken:
                failed.append(name)
            print(f"     Running {name} ({seconds:.0f} s)\n{said}", flush=True)
    slow = ", ".join(f"{name} {seconds:.0f} s" for seconds, name in sorted(ended, reverse=True)[:8])
    print(f"{len(ended)} subjects; the slowest: {slow}")
    if failed:
        print(f"error: {len(failed)} subjects failed:")
        for name in sorted(failed):
            print(f"    {name}")
        sys.exit(101)


main()
