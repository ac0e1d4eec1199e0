"""How fast the portal is, beside what it could be compared with: `uv run -m benchmarks --help`.

Everything is measured in one run on one machine, in turn, and told as ratios: a page's CPU (web and
database) in render units, a rate beside pgbench's or beside the back office's own list.
Milliseconds of a shared machine drift; ratios do not.
"""
