#!/usr/bin/env python3
"""Labels per second of processor time (user + system, of the whole process) beside other programs.

    cargo build --release && scripts/label_bench.py [target/release/rastro]

Ours draws the tube's label: seven texts, Code 128 and Data Matrix, each distinct. The others draw what they
can of it: zint both symbols and no text, reportlab the texts and Code 128, python-barcode Code 128. Each is a
process of its own, best of three, all in one run. reportlab and python-barcode are put into a virtual
environment that is thrown away; zint is Debian's.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

RUNS = 3
LABELS = 5000
SELF = pathlib.Path(__file__).resolve()


def code(serial):
    body = f"1007{serial:06}"
    return body + f"{98 - int(body) * 100 % 97:02}"


def texts(serial):
    """(text, bold, size, x, y from the top) as on the tube's label."""
    c = code(serial)
    return [
        (f"RODRÍGUEZ {serial} CANO, ARI", True, 10, 1.0, 3.75),
        (f"Exp. EXP-{serial:06}", False, 7, 1.0, 7.0),
        ("Nac. 05-mar-2019", True, 7.5, 27.5, 7.0),
        (f"{c[0]}-{c[1:4]}-{c[4:10]}-{c[10:]}", True, 8, 8.0, 20.0),
        ("LRZ", True, 8, 43.0, 20.0),
        ("BM · EDTA · J1", True, 6, 1.0, 23.7),
        ("03-mar-2026 11:05 EVR", False, 6, 27.0, 23.7),
    ]


def reportlab(n, to):
    from reportlab.graphics.barcode import code128
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas

    page = Canvas(str(to / "labels.pdf"), pagesize=(50 * mm, 25 * mm))
    for serial in range(1, n + 1):
        for text, bold, size, x, y in texts(serial):
            page.setFont("Helvetica-Bold" if bold else "Helvetica", size)
            page.drawString(x * mm, (25 - y) * mm, text)
        bars = code128.Code128(code(serial), barWidth=0.25 * mm, barHeight=9 * mm)
        bars.drawOn(page, 1 * mm, 8 * mm)
        page.showPage()
    page.save()


def python_barcode(n, to):
    from barcode import Code128

    for serial in range(1, n + 1):
        with open(to / f"{serial}.svg", "wb") as file:
            Code128(code(serial)).write(file)


def seconds(command, cwd):
    """The least processor time of the runs, all the command's processes together."""
    best = None
    for _ in range(RUNS):
        shutil.rmtree(cwd, ignore_errors=True)
        cwd.mkdir()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"{command[0]} ends with {child.returncode}")
        total = used.ru_utime + used.ru_stime
        best = total if best is None else min(best, total)
    return best


def main(rastro):
    # In memory where there is such a place: ten thousand small files on a disk measure its directories.
    shared = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as scratch:
        scratch = pathlib.Path(scratch)
        out = scratch / "out"
        venv = scratch / "py"
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        python = str(venv / "bin/python")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "reportlab==5.1.0", "python-barcode==0.16.1"], check=True)
        lines = scratch / "codes"
        lines.write_text("".join(code(s) + "\n" for s in range(1, LABELS + 1)))

        def zint(symbology, *more):
            names = str(out / "~~~~.svg")
            batch = ["zint", "--batch", "-b", symbology, "--notext", *more]
            return seconds([*batch, "-i", str(lines), "--filetype=SVG", "-o", names], out)

        def peer(name):
            return seconds([python, str(SELF), "--draw", name, str(LABELS), str(out)], out)

        def ours(form):
            args = ["label", "bench", form, str(out), "--labels", str(LABELS)]
            return seconds([rastro, *args], out)

        rates = {
            "zint": LABELS / (zint("CODE128") + zint("DATAMATRIX", "--square")),
            "reportlab": LABELS / peer("reportlab"),
            "python-barcode": LABELS / peer("python-barcode"),
        }
        for form in ("zpl", "svg", "png", "pdf"):
            rates[form] = LABELS / ours(form)
    rows = [
        ("rastro, ZPL, 203 dpi", "zpl"),
        ("rastro, SVG", "svg"),
        ("rastro, PNG, 203 dpi", "png"),
        ("rastro, PDF, a page each", "pdf"),
        ("zint --batch, SVG, both symbols, no text", "zint"),
        ("reportlab, PDF, the texts and Code 128", "reportlab"),
        ("python-barcode, SVG, Code 128", "python-barcode"),
    ]
    print("| what | labels/CPU-s | × zint | × reportlab | × python-barcode |\n|---|---|---|---|---|")
    for what, key in rows:
        beside = [f"{rates[key] / rates[p]:.2f}" for p in ("zint", "reportlab", "python-barcode")]
        print(f"| {what} | {rates[key]:,.0f} | " + " | ".join(beside) + " |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--draw"]:
        draw = {"reportlab": reportlab, "python-barcode": python_barcode}[sys.argv[2]]
        draw(int(sys.argv[3]), pathlib.Path(sys.argv[4]))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else "target/release/rastro")
