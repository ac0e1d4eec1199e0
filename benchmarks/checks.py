"""What a change may not do, with so much slack that a busy machine fails nobody: for CI.

Only what a machine's load cannot explain is told: counts of queries, the cheapest of several rounds
beside the render unit and beside the other size, and the quickest answer beside its own CPU. A page
that fails is measured again, several times.
"""

from benchmarks.costs import Cost, measure

SIZES, ROUNDS, TIMES, AGAIN = [1_000, 5_000], 2, 2, 6
# Times the target: beside others, what does not fit a processor's caches costs up to twice as much
SLACK = 3
FLAT = 2.5  # times the smallest size's cost, at the largest
# Seconds that the quickest answer took longer than its CPU: somebody sleeps, or waits for a lock or
# a network
WAITING = 0.028


def check(costs: list[list[Cost]]) -> list[str]:
    """Measure what has a target, and say what misses it.

    A sentence for each page that is far too slow, waits, asks too often, or grows with the data.
    """
    suspects = [
        list(group) for group in zip(*costs, strict=True) if group[0].page.queries is not None
    ]
    rounds, sentences = ROUNDS, []
    for _ in range(AGAIN):
        measure([list(size) for size in zip(*suspects, strict=True)], rounds, TIMES)
        suspects = [group for group in suspects if failures(group)]
        sentences = [sentence for group in suspects for sentence in failures(group)]
        if not suspects:
            break
        rounds = 2 * ROUNDS
    return sentences


def failures(group: list[Cost]) -> list[str]:
    """Of one page at every size. Of all rounds so far the cheapest counts."""
    page, broken = group[0].page, [cost.failure for cost in group if cost.failure]
    if broken:
        return [f"{page.name}: {broken[0]}"]
    sentences, lowest = [], [min(cost.units) for cost in group]
    if page.limit is not None and lowest[0] > SLACK * page.limit:
        sentences.append(
            f"{page.name}: {lowest[0]:.1f} RU, more than {SLACK} times its target of {page.limit:g}"
        )
    if page.limit is not None and lowest[-1] > FLAT * lowest[0]:
        sentences.append(
            f"{page.name}: {lowest[-1]:.1f} RU with most rows, {lowest[0]:.1f} with fewest, "
            f"more than {FLAT} times as much"
        )
    asked = max(cost.queries for cost in group)
    if page.queries is not None and asked > page.queries:
        sentences.append(f"{page.name}: {asked} queries, more than {page.queries}")
    waited = min(cost.waited for cost in group)
    if waited > WAITING:
        sentences.append(
            f"{page.name}: the quickest answer waited for {waited * 1000:.0f} ms beside its CPU"
        )
    return sentences
