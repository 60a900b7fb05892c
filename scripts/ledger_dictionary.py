#!/usr/bin/env python3
"""Makes a dictionary for the texts of events (src/ledger/packed.rs) from invented events.

    ledger_dictionary.py NUMBER OUT DATABASE...

The databases are SQLite files of `rastro demo` and `rastro load`: nobody's events. Keys, times and
hashes are replaced by random ones first, so that the dictionary holds what events have in common and
nothing of these. Needs zstd(1). NUMBER is the next free one; a dictionary that was ever released
stays as it is.
"""

import json
import pathlib
import random
import re
import sqlite3
import subprocess
import sys
import tempfile

BYTES = 16 * 1024
# Samples of one kind of event: the rare kinds count as much as the usual ones.
OF_A_KIND = 400
HERE = pathlib.Path(__file__).parent.parent / "src/ledger/dictionaries"

dice = random.Random(2026)


def key(_):
    at = dice.randrange(1_790_000_000_000, 2_100_000_000_000)
    value = at << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 2 << 62 | dice.getrandbits(62)
    text = f"{value:032x}"
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


def moment(_):
    day = f"20{dice.randrange(26, 36)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
    time = f"{dice.randrange(24):02}:{dice.randrange(60):02}:{dice.randrange(60):02}"
    return f"{day}T{time}.{dice.randrange(10**6):06}Z"


REPLACED = [
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), key),
    (re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"), moment),
    (re.compile(r"\b[0-9a-f]{64}\b"), lambda _: f"{dice.getrandbits(256):064x}"),
]


def another(text):
    """The same event of other people, at another time; what was equal in it stays equal."""
    for pattern, fresh in REPLACED:
        made = {}
        text = pattern.sub(lambda m: made.setdefault(m[0], fresh(m)), text)
    return text


def unpacked(frames):
    """The texts of frames, by the dictionaries there are."""
    with tempfile.TemporaryDirectory() as folder:
        for n, frame in enumerate(frames):
            (pathlib.Path(folder) / f"{n}.zst").write_bytes(frame)
        for dictionary in sorted(HERE.glob("*.dict")):
            names = [str(p) for p in pathlib.Path(folder).glob("*.zst")]
            for some in range(0, len(names), 1000):
                subprocess.run(["zstd", "-dq", "-D", dictionary, *names[some : some + 1000]], check=False)
        return [p.read_text() for p in pathlib.Path(folder).glob("[0-9]*") if p.suffix != ".zst"]


def texts(database):
    """Every body and every event's data."""
    base = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    found, frames = [], []
    for table, column in [("ledger_entries", "body"), ("custody_events", "data")]:
        columns = {row[1] for row in base.execute(f"PRAGMA table_info({table})")}
        packed = "packed" if "packed" in columns else "NULL"
        for text, frame in base.execute(f"SELECT {column}, {packed} FROM {table} LIMIT 20000"):
            if frame is None:
                found.append(text)
            else:
                frames.append(frame)
    return found + unpacked(frames)


def main():
    number, out, *databases = sys.argv[1:]
    kinds = {}
    for database in databases:
        for text in texts(database):
            event = json.loads(text)
            # An event's own data has no kind: told apart by its members.
            kind = str((event.get("log"), event.get("kind"))) if "log" in event else str(sorted(event))
            kinds.setdefault(kind, []).append(text)
    with tempfile.TemporaryDirectory() as folder:
        for k, kind in enumerate(sorted(kinds)):
            for n in range(OF_A_KIND):
                sample = another(dice.choice(kinds[kind]))
                (pathlib.Path(folder) / f"{k}-{n}").write_text(sample)
        subprocess.run(
            ["zstd", "-q", "--train", "-r", folder, f"--maxdict={BYTES}", f"--dictID={number}", "-f", "-o", out],
            check=True,
        )


main()
