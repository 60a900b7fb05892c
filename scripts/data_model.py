#!/usr/bin/env python3
"""Draws the tables for docs/data-model.md, as the migrations make them.

    data_model.py            writes the document
    data_model.py --check    says whether it is what would be written; 1 if not

All of `migrations/sqlite` is run on a database in memory, which is asked for tables, keys and columns. SQLite knows
three types only, so a column's type is what `src/schema.rs` calls it, and the sentence on a table is the comment there;
`tests/schema.rs` holds both engines against that file. A table that is in no subject below is a mistake."""

import pathlib
import re
import sqlite3
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs/data-model.md"

# What a reader looks for together. Arrows to the tables of another subject are drawn, their columns are not.
SUBJECTS = {
    "People and sites": [
        "sites", "people", "person_roles", "person_sites", "sessions", "known_devices", "password_tries", "kept_forms",
    ],
    "Patient and care": [
        "patients", "patient_names", "patient_sites", "patient_events", "care_requests", "care_events", "care_looks",
    ],
    "Request and tube": [
        "studies", "study_specimens", "study_events", "study_cancellations", "study_attachments", "due_points",
        "containers", "container_tubes", "container_aliases", "allocators", "code_blocks", "number_series",
    ],
    "Custody and doubts": ["custody_events", "custody_attempts", "doubts", "doubt_samples", "doubt_events"],
    "Results": ["result_heads", "result_versions", "result_signatures", "result_acknowledgements"],
    "Printing": [
        "label_prints", "label_sheets", "label_sheet_places", "printers", "print_agents", "print_runs", "print_jobs",
        "print_job_events", "label_templates", "label_template_decisions",
    ],
    "Reference data": [
        "catalogue_versions", "reference_proposals", "reference_decisions", "site_events", "protocol_proposals",
        "protocol_approvals",
    ],
    "The log": [
        "ledger_entries", "ledger_nodes", "ledger_head", "ledger_checkpoints", "ledger_keys", "row_states", "row_waits",
        "audit_log", "demo_marks",
    ],
}

# What each type of `src/schema.rs` is in SQLite; on both engines: the table in `HEAD`.
IN_SQLITE = {
    "Uid": "BLOB", "Binary": "BLOB", "Instant": "INTEGER", "BigInt": "INTEGER", "Integer": "INTEGER", "Bool": "INTEGER",
    "Day": "TEXT", "Text": "TEXT",
}

HEAD = """# The data model

Made by `scripts/data_model.py` from `migrations/` and `src/schema.rs`: run it when a table or a column has changed
([recipes](how-to-change.md)). Don't edit it by hand; `tests/house.rs` holds it against the migrations.

An arrow is a foreign key, named by its columns; `PK` is part of the primary key, `FK` points to another table, `UK` is
unique by itself, "or NULL" may be missing. A table that stands without columns is drawn under another subject. What is
*append-only* is never changed and never deleted: triggers refuse it in both engines. Which rows the event log binds:
[ledger.md](ledger.md#rows).

| type | what it is | PostgreSQL | SQLite |
|---|---|---|---|
| `Uid` | a UUID; keys are UUIDv7, so that one made later sorts later | `uuid` | `BLOB`, 16 bytes |
| `Instant` | a point in time, UTC | `timestamptz` | `INTEGER`, microseconds since 1970 |
| `Day` | a day of the calendar, without a zone | `date` | `TEXT`, `2018-05-03` |
| `Text` | words, codes, JSON | `text` | `TEXT` |
| `BigInt`, `Integer` | a whole number of 64 or 32 bits | `bigint`, `integer` | `INTEGER` |
| `Bool` | yes or no | `boolean` | `INTEGER`, 1 or 0 |
| `Binary` | bytes: hashes, salts, what is packed or sealed | `bytea` | `BLOB` |
"""


def without_expressions(statements):
    """How a generated column is made is not drawn, and one of ours is nested too deeply for older versions of SQLite."""
    mark, done = "GENERATED ALWAYS AS (", ""
    while mark in statements:
        before, rest = statements.split(mark, 1)
        depth, quoted, end = 1, False, 0
        while depth:
            quoted ^= rest[end] == "'"
            depth += 0 if quoted else {"(": 1, ")": -1}.get(rest[end], 0)
            end += 1
        done, statements = done + before + mark + "NULL)", rest[end:]
    return done + statements


def migrated():
    """A database as every migration leaves it."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    for folder in sorted((ROOT / "migrations/sqlite").iterdir()):
        database.executescript(without_expressions((folder / "up.sql").read_text(encoding="utf-8")))
    return database


def declared():
    """Each table of `src/schema.rs`: its sentence, and its columns with their types."""
    found = {}
    for text in (ROOT / "src/schema.rs").read_text(encoding="utf-8").split("diesel::table! {")[1:]:
        says = " ".join(re.findall(r"^ */// ?(.*)$", text, re.M))
        name = re.search(r"^ *(\w+) \([\w, ]+\) \{$", text, re.M)[1]
        types = re.findall(r"^ *(\w+) -> (?:Nullable<)?(\w+)>?,$", text, re.M)
        found[name] = (says, dict(types))
    return found


def unique(database, table):
    """The sets of columns of which no two rows have the same."""
    found = []
    for _, index, is_unique, _, is_partial in database.execute(f"PRAGMA index_list({table})"):
        if is_unique and not is_partial:
            found.append({column for _, _, column in database.execute(f"PRAGMA index_info({index})")})
    return found


def foreign(database, table):
    """(table pointed to, columns that point) of each foreign key, in the order in which the columns stand."""
    keys = {}
    for n, _, other, column, *_ in database.execute(f"PRAGMA foreign_key_list({table})"):
        keys.setdefault(n, (other, []))[1].append(column)
    found = [keys[n] for n in sorted(keys, reverse=True)]
    # Those that came later are triggers in SQLite, and say so where they refuse.
    trigger = database.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (f"{table}_holds_insert",)).fetchone()
    for column, other in re.findall(r"'\w+\.(\w+) names nothing of (\w+)'", trigger[0] if trigger else ""):
        found.append((other, [column]))
    return found


def box(database, table, types):
    """A table with its columns."""
    lines, alone = [], unique(database, table)
    points = {column for _, columns in foreign(database, table) for column in columns}
    for _, name, sqlite_type, is_required, _, key, _ in database.execute(f"PRAGMA table_xinfo({table})"):
        kind = types.get(name)
        if IN_SQLITE.get(kind) != sqlite_type:
            sys.exit(f"{table}.{name} is {kind} in src/schema.rs and {sqlite_type} in the migrations")
        is_alone = {name} in alone and not key
        marks = ", ".join(m for m, has in (("PK", key), ("FK", name in points), ("UK", is_alone)) if has)
        words = [kind, name, marks, "" if is_required or key else '"or NULL"']
        lines.append("        " + " ".join(w for w in words if w))
    return [f"    {table} {{", *lines, "    }"]


def arrows(database, table):
    """Its foreign keys, those to one table that are alike as one arrow."""
    rows = list(database.execute(f"PRAGMA table_xinfo({table})"))
    required = {r[1] for r in rows if r[3] or r[5]}
    alone = [*unique(database, table), {r[1] for r in rows if r[5]}]
    drawn = {}
    for other, columns in foreign(database, table):
        one = "||" if required.issuperset(columns) else "|o"
        many = "o|" if set(columns) in alone else "o{"
        drawn.setdefault((other, one, many), []).append(" + ".join(columns))
    return [f'    {other} {one}--{many} {table} : "{", ".join(names)}"' for (other, one, many), names in drawn.items()]


def document():
    """The text of docs/data-model.md."""
    database, told = migrated(), declared()
    there = {r[0] for r in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")}
    triggers = {r[0] for r in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")}
    placed = [table for tables in SUBJECTS.values() for table in tables]
    for wrong, why in [
        (there - set(placed), "in no subject of scripts/data_model.py"),
        (set(placed) - there, "in scripts/data_model.py, and no migration makes it"),
        ({t for t in placed if placed.count(t) > 1}, "in two subjects of scripts/data_model.py"),
        ({t for t in there if not told.get(t, [""])[0]}, "without a sentence in src/schema.rs"),
    ]:
        if wrong:
            sys.exit("\n".join(f"{table} is {why}" for table in sorted(wrong)))
    parts = [HEAD]
    for subject, tables in SUBJECTS.items():
        rows = []
        for table in tables:
            is_kept = {f"{table}_no_update", f"{table}_no_delete"} <= triggers
            rows.append(f"| `{table}` | {told[table][0]}{' *Append-only.*' if is_kept else ''} |")
        parts += [f"## {subject}", "", "| table | what it holds |", "|---|---|", *rows, "", "```mermaid", "erDiagram"]
        for table in tables:
            parts += box(database, table, told[table][1])
        for table in tables:
            parts += arrows(database, table)
        parts += ["```", ""]
    return "\n".join(parts).rstrip("\n") + "\n"


def main():
    made = document()
    if sys.argv[1:] == ["--check"]:
        kept = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
        sys.exit(0 if kept == made else "docs/data-model.md is not what the migrations make: run scripts/data_model.py")
    if sys.argv[1:]:
        sys.exit(__doc__)
    DOCUMENT.write_text(made, encoding="utf-8")


main()
