"""Where zxing-cpp sees the codes of a picture: a list of [text, left, top] in dots, as JSON. The reader
is right about the place by some dots; the first bar, or a Data Matrix's left side, is walked to its ends.
"""

import json
import sys

import zxingcpp
from PIL import Image

Image.MAX_IMAGE_PIXELS = None
image = Image.open(sys.argv[1]).convert("L")


def dark(x, y):
    return 0 <= x < image.width and 0 <= y < image.height and image.getpixel((x, y)) < 128


found = []
for code in zxingcpp.read_barcodes(image):
    at = code.position
    middle = (at.top_left.y + at.bottom_left.y) // 2
    around = range(at.top_left.x - 12, at.top_left.x + 13)
    left = next(x for x in around if dark(x, middle))
    top = middle
    while dark(left + 1, top - 1):
        top -= 1
    found.append([f"{code.format.name} {code.text}", left, top])
print(json.dumps(sorted(found)))
