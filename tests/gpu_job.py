"""A job that takes a card and reports which one and when, and how to judge several such reports.

`gpu_job.py SECONDS` holds it for that long; without SECONDS it says "claimed" and holds it until its input closes.
"""

import json
import sys
import time


def most_at_once(jobs: list[dict]) -> int:
    """The largest number of these jobs that ran at the same moment."""
    return max(sum(other["start"] <= job["start"] < other["end"] for other in jobs) for job in jobs)


def by_card(jobs: list[dict]) -> dict[str, list[dict]]:
    """The jobs that each card served."""
    return {card: [job for job in jobs if job["card"] == card] for card in sorted({job["card"] for job in jobs})}


if __name__ == "__main__":
    from ssinfnet.process import gpus

    gpus.SECONDS_BETWEEN_TRIES = 0.01
    card = gpus.claim()
    start = time.monotonic()
    if len(sys.argv) > 1:
        time.sleep(float(sys.argv[1]))
    else:
        print("claimed", file=sys.stderr, flush=True)
        sys.stdin.read()
    print(json.dumps({"card": card, "start": start, "end": time.monotonic()}), flush=True)
