"""Every rule at every entry point.

An *operation* is something that people do: assign credit, redeem a key, enroll a partner. Each
module registers some operations with the *entry points* that lead to them (a page, a form, a row or
an action of the back office, an import, a command, or the model's own method), and the *refused
cases* of each, with the message that is read. Every case is tried at every entry point.
"""
