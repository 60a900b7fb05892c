"""Reads labels back with programs that are not ours and says what they read.

Arguments: a JSON file, a list of {file, template, format, dpi, width, height, symbols}; width and
height in dots, each symbol {kind, payload, x, y, w, h} in dots. ZPL is drawn by zpl-renderer-js, SVG
by rsvg-convert, PDF by pdftoppm. Every symbol must be read by two: Code 128 and QR codes by zxing-cpp
and zbar, Data Matrix by zxing-cpp and dmtx; nothing else may be read. ZPL must have,
dot for dot, the picture of the PNG of the same name. Prints a table; ends with 1 and a
line for each fault.
"""

import collections
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys

import zxingcpp
from PIL import Image, ImageChops

Image.MAX_IMAGE_PIXELS = None
KINDS = {"Code128": "Code 128", "DataMatrix": "Data Matrix", "QRCode": "QR code"}
SECOND = {"Code 128": "zbar", "Data Matrix": "dmtx", "QR code": "zbar"}
# Larger pictures are read symbol by symbol, as a person holding a scanner does.
WHOLE = 3_000_000
HERE = pathlib.Path(__file__).parent


def run(*args):
    return subprocess.run(args, capture_output=True, check=False).stdout.decode().strip()


def draw_zpl(jobs):
    todo = [
        {"zpl": j["file"], "png": picture_of(j), "width": j["width"], "height": j["height"]}
        for j in jobs
        if j["format"] == "zpl"
    ]
    subprocess.run(["node", str(HERE / "zpl.mjs")], input=json.dumps(todo).encode(), check=True)


def picture_of(job):
    return job["file"] if job["format"] == "png" else job["file"] + ".png"


def draw(job):
    file, picture, dpi = job["file"], picture_of(job), str(job["dpi"])
    if job["format"] == "pdf":
        subprocess.run(
            ["pdftoppm", "-r", dpi, "-gray", "-png", "-singlefile", file, picture[:-4]], check=True
        )
    if job["format"] == "svg":
        subprocess.run(["rsvg-convert", "-d", dpi, "-p", dpi, "-o", picture, file], check=True)
    return picture


def views(job, image):
    """(picture, symbols that are in it)."""
    if image.width * image.height <= WHOLE:
        return [(image, job["symbols"])]
    found = []
    for s in job["symbols"]:
        around = job["dpi"] // 6
        box = (s["x"] - around, s["y"] - around, s["x"] + s["w"] + around, s["y"] + s["h"] + around)
        found.append((image.crop((max(box[0], 0), max(box[1], 0), box[2], box[3])), [s]))
    return found


def read_all(view, symbols, scratch):
    """{program: {(kind, text)}}."""
    seen = {"zxing": set(), "zbar": set(), "dmtx": set()}
    formats = [zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.DataMatrix,
               zxingcpp.BarcodeFormat.QRCode]
    for b in zxingcpp.read_barcodes(view, formats=zxingcpp.BarcodeFormats(formats),
                                    text_mode=zxingcpp.TextMode.Plain):
        seen["zxing"].add((KINDS[b.format.name], b.text))
    kinds = {s["kind"] for s in symbols}
    view.save(scratch)
    for kind, name in (("Code 128", "code128"), ("QR code", "qrcode")):
        if kind in kinds:
            text = run("zbarimg", "-q", "--raw", "-Sdisable", f"-S{name}.enable", scratch)
            seen["zbar"].update((kind, line) for line in text.splitlines() if line)
    for s in symbols:
        if s["kind"] == "Data Matrix":
            around = s["w"] // 7
            box = (s["x"] - around, s["y"] - around, s["x"] + s["w"] + around,
                   s["y"] + s["h"] + around)
            one = view if len(symbols) == 1 else view.crop(box)
            one.save(scratch)
            text = run("dmtxread", "-N1", "-m", "5000", scratch)
            seen["dmtx"].update({(s["kind"], text)} if text else set())
    return seen


def differing_dots(job, image):
    """How many dots of the ZPL, as drawn, are not those of the PNG beside it; all, if sizes differ."""
    png = Image.open(job["file"].removesuffix(".zpl") + ".png").convert("L")
    if png.size != image.size:
        return png.width * png.height
    pair = [i.point(lambda v: 255 if v > 127 else 0) for i in (png, image)]
    return ImageChops.difference(*pair).histogram()[255]


def check(job):
    faults, read = [], collections.Counter()
    picture = draw(job)
    image = Image.open(picture).convert("L")
    where = f'{job["template"]} {job["format"]} {job["dpi"]} dpi'
    if job["format"] == "zpl" and (dots := differing_dots(job, image)):
        faults.append(f"{where}: {dots} dots differ from the PNG's")
    for view, symbols in views(job, image):
        seen = read_all(view, symbols, f"{picture}.{os.getpid()}.view.png")
        wanted = {(s["kind"], s["payload"]) for s in symbols}
        for program, found in seen.items():
            for kind, text in sorted(found - wanted):
                faults.append(f"{where}: {program} reads {kind} {text!r}, which is not there")
        for kind, text in sorted(wanted):
            for program in ("zxing", SECOND[kind]):
                read[kind, "wanted", program] += 1
                if (kind, text) in seen[program]:
                    read[kind, "read", program] += 1
                else:
                    faults.append(f"{where}: {program} does not read {kind} {text!r}")
    return job["template"], job["format"], read, faults


def table(results):
    rows = collections.defaultdict(collections.Counter)
    pictures = collections.Counter()
    for template, form, read, _ in results:
        rows[template, form].update(read)
        pictures[template, form] += 1
    head = ["template", "format", "pictures"]
    head += [f"{k}: {p}" for k in SECOND for p in ("zxing", SECOND[k])]
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for (template, form), read in sorted(rows.items()):
        cells = [template, form, str(pictures[template, form])]
        for kind in SECOND:
            for program in ("zxing", SECOND[kind]):
                wanted = read[kind, "wanted", program]
                cells.append(f'{read[kind, "read", program]}/{wanted}' if wanted else "")
        print("| " + " | ".join(cells) + " |")


def main():
    jobs = json.loads(pathlib.Path(sys.argv[1]).read_text())
    draw_zpl(jobs)
    with multiprocessing.Pool(2) as pool:
        results = pool.map(check, jobs, chunksize=1)
    table(results)
    faults = [f for r in results for f in r[3]]
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
