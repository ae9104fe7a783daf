"""The service beside Label Studio, one after the other on this machine, with the same client: tasks brought in, tasks taken
and answered by several people at a time, answers taken out. How to run it stands in docs/benchmarks.md."""

import argparse
import statistics

from label_studio import Studio
from load import timed, together
from market import Market


def measure(peer, tasks, answers):
    """What one of them does; whatever it says is counted."""
    seconds, brought = timed(lambda: peer.bring(tasks))
    worked, taking, answering = together(peer.workers(), answers)
    out, taken_out = timed(peer.take_out)
    if (brought, taken_out) != (tasks, answers):
        raise RuntimeError(f"{peer.name}: {brought} of {tasks} tasks, {taken_out} of {answers} answers")
    return {
        "tasks imported a second": f"{tasks / seconds:,.0f}",
        "tasks taken and answered a second": f"{answers / worked:,.1f}",
        "a task taken, p50 / p99 ms": milliseconds(taking),
        "an answer given, p50 / p99 ms": milliseconds(answering),
        "answers exported a second": f"{answers / out:,.0f}",
    }


def milliseconds(times):
    cuts = statistics.quantiles(times, n=100)
    return f"{1000 * cuts[49]:,.1f} / {1000 * cuts[98]:,.1f}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tasks", type=int, default=10_000)
    arguments.add_argument("--answers", type=int, default=1_000)
    arguments.add_argument("--people", type=int, default=8)
    arguments.add_argument("--pg-bin", required=True, help="PostgreSQL's programs, for Label Studio's database")
    arguments.add_argument("--program", default="target/release/collegium")
    arguments.add_argument("--place", default="target/peers", help="where venv is, and what is written")
    told = arguments.parse_args()
    rows = []
    for peer in (Market(told.program, told.people), Studio(told.place, told.pg_bin, told.people)):
        with peer:
            rows.append((peer.name, measure(peer, told.tasks, told.answers)))
    print("|", *(f"| {name} " for name, _ in rows), "|", sep="")
    print("| ---", *("| --- " for _ in rows), "|", sep="")
    for case in rows[0][1]:
        print(f"| {case} ", *(f"| {found[case]} " for _, found in rows), "|", sep="")


if __name__ == "__main__":
    main()
