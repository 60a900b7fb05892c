"""How much damage a tube's label takes: the share of damaged pictures in which zxing-cpp, a program that
is not ours, reads the Code 128, the Data Matrix, and either of the two.

Arguments: the label as PNG at 203 dpi, its code. The picture is printed (dots spread), damaged, turned
by up to 8 degrees, and seen at 12 pixels a millimetre with a little blur and noise. The seed is fixed.
Prints a table; ends with 1 where either-of-two is under a floor.
"""

import math
import sys

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

N = 40
PRINTED = 24  # pixels a millimetre while the print is damaged
SEEN = 12  # pixels a millimetre of the camera
SEED = 20260303
FORMATS = zxingcpp.BarcodeFormats(
    [zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.DataMatrix]
)
FLOORS = {"2 scratches of 0.5 mm": 95, "blur 0.15 mm": 95}


def printed(path, spread=0.03, weight=0.5):
    """The label in black and white; `weight` above a half makes dots grow."""
    dots = Image.open(path).convert("L")
    size = (round(dots.width * PRINTED / 8), round(dots.height * PRINTED / 8))
    ink = dots.resize(size, Image.Resampling.NEAREST)
    ink = ink.filter(ImageFilter.GaussianBlur(spread * PRINTED))
    return ink.point(lambda v: 0 if v < 255 * weight else 255)


def scratches(count, width):
    """White lines from edge to edge, at any angle."""

    def damage(ink, rng):
        pen = ImageDraw.Draw(ink)
        reach = ink.width + ink.height
        for _ in range(count):
            x, y = rng.uniform(0, ink.width), rng.uniform(0, ink.height)
            turn = rng.uniform(0, math.pi)
            dx, dy = reach * math.cos(turn), reach * math.sin(turn)
            pen.line((x - dx, y - dy, x + dx, y + dy), fill=255, width=round(width * PRINTED))
        return ink

    return damage


def blots(share):
    """Dark spots over that share of the label."""

    def damage(ink, rng):
        pen = ImageDraw.Draw(ink)
        left = share * ink.width * ink.height
        while left > 0:
            a, b = rng.uniform(0.5, 2.0, 2) * PRINTED
            x, y = rng.uniform(0, ink.width), rng.uniform(0, ink.height)
            pen.ellipse((x - a, y - b, x + a, y + b), fill=0)
            left -= math.pi * a * b
        return ink

    return damage


def dead_dots(count):
    """Print dots that never burn: white lines along the paper's way, one dot wide."""

    def damage(ink, rng):
        pen = ImageDraw.Draw(ink)
        dot = PRINTED / 8
        for _ in range(count):
            x = round(int(rng.uniform(0, ink.width / dot)) * dot)
            pen.rectangle((x, 0, x + dot - 1, ink.height), fill=255)
        return ink

    return damage


def torn(share):
    """One side is hidden or torn off, at any height."""

    def damage(ink, rng):
        pen = ImageDraw.Draw(ink)
        wide = round(share * ink.width)
        left = 0 if rng.uniform() < 0.5 else ink.width - wide
        pen.rectangle((left, 0, left + wide, ink.height), fill=90)
        return ink

    return damage


def on_tube(diameter):
    """Bent round a tube whose axis runs along the label: rows far from the middle are pressed."""

    def damage(ink, _):
        rows = np.asarray(ink)
        radius = diameter / 2 * PRINTED
        half = min(radius * 0.97, radius * math.sin(min(ink.height / 2 / radius, math.pi / 2)))
        seen = np.arange(-int(half), int(half) + 1)
        source = np.arcsin(seen / radius) * radius + ink.height / 2
        return Image.fromarray(rows[np.clip(source.astype(int), 0, ink.height - 1)])

    return damage


def nothing(ink, _):
    return ink


def seen(ink, rng, blur=0.05, contrast=1.0):
    """What the camera gets."""
    field = Image.new("L", (ink.width + 6 * PRINTED, ink.height + 6 * PRINTED), 255)
    field.paste(ink, (3 * PRINTED, 3 * PRINTED))
    field = field.rotate(rng.uniform(-8, 8), Image.Resampling.BILINEAR, expand=True, fillcolor=255)
    field = field.filter(ImageFilter.GaussianBlur(blur * PRINTED))
    size = (field.width * SEEN // PRINTED, field.height * SEEN // PRINTED)
    light = np.asarray(field.resize(size, Image.Resampling.BOX), dtype=float) / 255
    light = 225 - 190 * contrast * (1 - light) + rng.normal(0, 6, light.shape)
    return Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))


# name: (print, damage, camera)
CONDITIONS = {
    "clean": ({}, nothing, {}),
    "blur 0.10 mm": ({}, nothing, {"blur": 0.10}),
    "blur 0.15 mm": ({}, nothing, {"blur": 0.15}),
    "blur 0.20 mm": ({}, nothing, {"blur": 0.20}),
    "faint, a quarter of the contrast": ({}, nothing, {"contrast": 0.25}),
    "heavy ink spread": ({"spread": 0.05, "weight": 0.72}, nothing, {}),
    "1 dead print dot": ({}, dead_dots(1), {}),
    "3 dead print dots": ({}, dead_dots(3), {}),
    "2 scratches of 0.5 mm": ({}, scratches(2, 0.5), {}),
    "5 scratches of 0.5 mm": ({}, scratches(5, 0.5), {}),
    "blots on 5 %": ({}, blots(0.05), {}),
    "blots on 12 %": ({}, blots(0.12), {}),
    "a quarter of the length hidden": ({}, torn(0.25), {}),
    "on a tube of 13 mm": ({}, on_tube(13), {}),
    "on a tube of 13 mm, blur 0.10 mm, 2 scratches": ({}, "both", {"blur": 0.10}),
}


def both(ink, rng):
    return on_tube(13)(scratches(2, 0.5)(ink, rng), rng)


def main():
    path, code = sys.argv[1:]
    print("| damage | Code 128 | Data Matrix | either |")
    print("|---|---|---|---|")
    low, wrong = [], 0
    for number, (name, (how, damage, camera)) in enumerate(CONDITIONS.items()):
        rng = np.random.default_rng(SEED + number)
        clean = printed(path, **how)
        read = {"Code128": 0, "DataMatrix": 0, "either": 0}
        for _ in range(N):
            ink = (both if damage == "both" else damage)(clean.copy(), rng)
            found = zxingcpp.read_barcodes(seen(ink, rng, **camera), formats=FORMATS)
            right = {b.format.name for b in found if b.text == code}
            wrong += sum(b.text != code for b in found)
            for kind in right:
                read[kind] += 1
            read["either"] += bool(right)
        share = {k: 100 * v / N for k, v in read.items()}
        print(f"| {name} | {share['Code128']:.0f} % | {share['DataMatrix']:.0f} % "
              f"| {share['either']:.0f} % |")
        if share["either"] < FLOORS.get(name, 0):
            low.append(f"{name}: {share['either']:.0f} % read, at least {FLOORS[name]} % must be")
    print(f"Wrong texts read: {wrong} of {N * len(CONDITIONS)} pictures.")
    for line in low:
        print(line, file=sys.stderr)
    sys.exit(1 if low or wrong else 0)


if __name__ == "__main__":
    main()
