"""Holds confidence intervals against SciPy. Reads lines "k n low high" (fractions of 1), prints the worst
difference of each judge in points of a percent, with its counts. Exits 1 where one is above 1e-6 points.

Clopper-Pearson is the Beta quantile; SciPy's own is off where k is about 1,000 of 2e8 and more, so that a
case counts as right where the Poisson limit says so, too: there both are the same to many digits.
"""

import sys

from scipy.stats import beta, chi2

LIMIT = 1e-6
worst = {"beta": (0.0, None), "poisson": (0.0, None)}


def poisson(k, n):
    """The interval of k events among very many."""
    return 0.0 if k == 0 else chi2.ppf(0.025, 2 * k) / 2 / n, chi2.ppf(0.975, 2 * k + 2) / 2 / n


wrong = []
seen = 0
for line in sys.stdin:
    k, n, low, high = line.split()
    k, n, low, high = int(k), int(n), float(low), float(high)
    seen += 1
    by_beta = (
        0.0 if k == 0 else beta.ppf(0.025, k, n - k + 1),
        1.0 if k == n else beta.ppf(0.975, k + 1, n - k),
    )
    # Of nearly all, what is left is rare.
    few, many = poisson(n - k, n)
    by_poisson = poisson(k, n) if 2 * k <= n else (1 - many, 1 - few)
    off = {
        name: 100 * max(abs(low - judge[0]), abs(high - judge[1]))
        for name, judge in [("beta", by_beta), ("poisson", by_poisson)]
    }
    judge = min(off, key=off.get)
    if off[judge] > worst[judge][0]:
        worst[judge] = (off[judge], (k, n))
    if off[judge] > LIMIT:
        wrong.append(f"{k} of {n}: {low} - {high}, SciPy says {by_beta}, the Poisson limit {by_poisson}")
print(f"{seen} intervals; the worst difference by judge, points: {worst}")
if wrong:
    print("\n".join(wrong[:20]))
    sys.exit(1)
