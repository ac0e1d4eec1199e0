"""Several portals beside one another, each with some of the partners, and moving one between them.

A *cell* is a portal with a database of its own. A partner is in one of them (docs/adr/0017).
"""
