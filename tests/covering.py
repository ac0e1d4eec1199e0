"""What CI takes of a table that a release takes whole: each row and each column of it."""

from collections import Counter
from collections.abc import Hashable, Sequence


def covering[R: Hashable, C: Hashable](cells: Sequence[tuple[R, C]]) -> set[tuple[R, C]]:
    """Cells that have each row and each column of `cells`, and the same ones each time.

    A row takes the column that was taken least so far; then columns that none took their first row.
    """
    columns: dict[R, list[C]] = {}
    for row, column in cells:
        columns.setdefault(row, []).append(column)
    taken: Counter[C] = Counter()
    chosen = set()
    for row, its_columns in columns.items():
        least = min(its_columns, key=lambda column: taken[column])
        taken[least] += 1
        chosen.add((row, least))
    for row, column in cells:
        if not taken[column]:
            taken[column] += 1
            chosen.add((row, column))
    return chosen
