"""What a change may not do, with so much slack that a busy machine fails nobody: for CI."""

from benchmarks.costs import Cost

SLACK = 3  # times the target: beside others, what does not fit a processor's caches costs up to twice as much
FLAT = 1.5  # times the smallest size's cost, at the largest


def failures(measured: list[list[Cost]]) -> list[str]:
    """A sentence for each page that is far too slow, asks too often, or grows with the data. Of all rounds the cheapest counts."""
    said = []
    for group in zip(*measured, strict=True):
        page = group[0].page
        said += [f"{page.name}: {cost.failure}" for cost in group if cost.failure]
        if page.limit is None or any(cost.failure for cost in group):
            continue
        lowest = [min(cost.units) for cost in group]
        if lowest[0] > SLACK * page.limit:
            said.append(f"{page.name}: {lowest[0]:.1f} RU, more than {SLACK} times its target of {page.limit:g}")
        if lowest[-1] > FLAT * lowest[0]:
            said.append(f"{page.name}: {lowest[-1]:.1f} RU with most rows, {lowest[0]:.1f} with fewest, more than {FLAT} times as much")
        asked = max(cost.queries for cost in group)
        if page.queries is not None and asked > page.queries:
            said.append(f"{page.name}: {asked} queries, more than {page.queries}")
    return said
