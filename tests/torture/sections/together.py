"""Two to four runs at a time into one folder, with the old and the new input in turn.

Every run ends as if it were alone, none refuses the others, and what is left is the whole output of one of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from jobs import JOBS, VARIANTS, Bench
from plan import Outcome, Plan
from warm import Child, seconds

SHARES = {"fit": 60, "apply": 20, "check": 20, "report": 10, "plot": 10, "compare": 10, "fit -o .": 70}


def run(plan: Plan) -> Iterator[Outcome]:
    """Over the old output and over nothing; started at once or a little apart."""
    draw = plan.random("together")
    for job in JOBS:
        bench = Bench(plan.base / job.name.replace(" ", "_"))
        states = {variant: bench.reference(job, variant)[0] for variant in VARIANTS}
        code = bench.reference_known(job, "new")[1]
        bench.fresh({})
        took = seconds(bench.arguments(job, "new"), cwd=bench.cwd(job))
        for trial in range(plan.most(SHARES[job.name], 2)):
            before = states["old"] if trial % 2 else {}
            bench.fresh(before)
            children = []
            for i in range(draw.choice((2, 2, 3, 4))):
                children.append(Child(bench.arguments(job, VARIANTS[i % 2]), cwd=bench.cwd(job)))
                time.sleep(draw.choice((0.0, draw.uniform(0, 0.3) * took)))
            wrongs = []
            for ended in [child.wait() for child in children]:
                wrongs += ended.wrongs
                if ended.code != code:
                    wrongs.append(f"a run ends with {ended.code}, expected {code}: {ended.said[-300:]}")
            state, aside = bench.look(job)
            whole = state in states.values() or (
                not job.atomic
                and all(content in (s.get(name) for s in states.values()) for name, content in state.items())
            )
            wrongs += [] if whole else [f"left {sorted(state)}, which no run wrote as a whole"]
            wrongs += [f"left aside: {aside}"] if aside else []
            yield Outcome(f"{len(children)} runs of {job.name} together", tuple(wrongs), {"runs": len(children)})
