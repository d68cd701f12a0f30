"""
Prints whether two PNG files show the same picture.

    compare_pictures.py KEY OURS THEIRS STEPS

STEPS of grey: a peer's pixel may be off by one of them in 1 pixel of 100; an analog picture by 1.
"""

import sys

import numpy
from PIL import Image

key, ours, theirs, steps = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
pictures = [numpy.asarray(Image.open(path).convert("L"), int) for path in (ours, theirs)]
difference = numpy.abs(pictures[0] - pictures[1])
agrees = difference.max() <= 1 if steps == 1 else (difference > 1).mean() <= 0.01
print(f"{key}.agrees\t{int(agrees)}")
