"""CPU seconds of functions, of all threads; elapsed seconds would hang on what else runs."""

import time
from collections.abc import Callable, Mapping


def cpu_seconds(function: Callable, *arguments: object) -> float:
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


def in_turns(functions: Mapping[str, Callable], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each function in each round; whatever slows the machine for a while slows all of them alike."""
    seconds = {name: [] for name in functions}
    for number in range(rounds):
        # Every other round backwards, so that none always comes first.
        for name in list(functions)[:: -1 if number % 2 else 1]:
            seconds[name].append(cpu_seconds(functions[name]))
    return seconds
