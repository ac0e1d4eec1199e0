"""Several portals, each with some of the partners, and moving a partner between them.

A *cell* is a portal with its own database. A partner is in exactly one of them (docs/adr/0017).
"""
