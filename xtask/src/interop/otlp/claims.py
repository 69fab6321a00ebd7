"""Claims, and what all of them need."""

import math

# Dates are of 64-bit floating point seconds: their error is below this, in nanoseconds.
DATE = 1000


def claim(text, wrong):
    """`wrong`: what speaks against it."""
    wrong = list(wrong)
    if wrong:
        text = f"{text}: {wrong[0]}" + (f" and {len(wrong) - 1} more" if wrong[1:] else "")
    print("FAILED" if wrong else "passed", text.replace("\n", " "), sep="\t")


def near(one, other):
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=2e-9)
    return type(one) is type(other) and one == other


def differences(ours, theirs, where):
    """What two dictionaries do not have in common."""
    for key in sorted(ours.keys() | theirs.keys()):
        if key not in ours or key not in theirs or not near(ours[key], theirs[key]):
            yield f"{where} {key}: {ours.get(key)!r}, not {theirs.get(key)!r}"


def common(point):
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": point.plan["request"]["api"],
        "gen_ai.request.model": point.plan["request"]["model"],
        "server.address": point.url.hostname,
        "server.port": point.url.port,
        "loadwright.point": point.name,
    }
