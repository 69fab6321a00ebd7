"""Compares what Phoenix keeps of a run's traces with the run's own files.

usage: phoenix.py RUN URL [--page]

--page     prints the page of the first trace that a server joined instead
"""

import json
import sys
import time
from datetime import datetime, timedelta
from urllib.request import urlopen

from claims import claim
from compare import phases
from run import Run

# Phoenix keeps microseconds.
NEAR = timedelta(microseconds=2)


def listed(url, what):
    """All entries of a list that has pages."""
    found, cursor = [], ""
    while cursor is not None:
        with urlopen(f"{url}/v1/projects/default/{what}?limit=100{cursor}", timeout=30) as answer:
            page = json.load(answer)
        found += page["data"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    return found


def date(request, ns):
    return datetime.fromtimestamp(0).astimezone() + timedelta(microseconds=request.point.date(ns) / 1e3)


def lasts(span, request, start, end):
    times = [datetime.fromisoformat(span[of]) for of in ("start_time", "end_time")]
    return all(abs(told - date(request, ns)) < NEAR for told, ns in zip(times, (start, end)))


def stored(url, enough):
    """The spans by their ids, once they are enough: it stores what it received a moment later."""
    for _ in range(100):
        spans = {span["context"]["span_id"]: span for span in listed(url, "spans")}
        if enough(spans):
            break
        time.sleep(0.1)
    return spans


def page(run, url):
    theirs = lambda spans: {span["parent_id"] for span in spans.values() if span["name"] == "llm_request"}
    sampled = [request for request in run.requests if request.sampled]
    joined = theirs(stored(url, lambda spans: theirs(spans) >= {request.span for request in sampled}))
    first = min((one for one in sampled if one.span in joined), key=lambda one: one["sent_ns"])
    with urlopen(f"{url}/v1/projects/default", timeout=30) as answer:
        project = json.load(answer)["data"]["id"]
    print(f"{url}/projects/{project}/traces/{first.trace}")


def compare(run, url):
    children = {
        f"{int(request.span, 16) ^ index:016x}": (request, name, start, end)
        for request in run.requests
        for name, index, start, end in phases(request)
    }
    own = {request.span: request for request in run.requests}
    spans = stored(url, lambda spans: len(spans) >= len(own) + len(children))
    missing = (own.keys() | children.keys()) ^ spans.keys()
    claim(f"{len(own)} spans and {len(children)} of phases", missing)
    traces = {trace["trace_id"]: trace for trace in listed(url, "traces")}
    expected = {request.trace for request in run.requests}
    claim(f"{len(expected)} traces", expected ^ traces.keys())
    claim("times", (
        f"{spans[id]}" for id, one in own.items() if not lasts(spans[id], one, one.started(), one["end_ns"])))
    claim("phases are children, with their times", (
        f"{spans[id]}" for id, (one, name, start, end) in children.items()
        if (spans[id]["name"], spans[id]["parent_id"]) != (name, one.span) or not lasts(spans[id], one, start, end)))
    status = lambda one: "UNSET" if one.ok else "ERROR"
    claim("status", (f"{spans[id]}" for id, one in own.items() if spans[id]["status_code"] != status(one)))
    usage = lambda one: (one["input_tokens"] or 0, one["output_tokens"] or 0)
    tokens = {}
    for one in run.requests:
        before = tokens.get(one.trace, (0, 0))
        tokens[one.trace] = tuple(map(sum, zip(before, usage(one))))
    told = {id: (of["token_count_prompt"], of["token_count_completion"]) for id, of in traces.items()}
    claim("tokens of prompts and replies", (
        f"{told[id]}, not {of}" for id, of in tokens.items() if told.get(id) != of))


(page if "--page" in sys.argv else compare)(Run(sys.argv[1]), sys.argv[2])
