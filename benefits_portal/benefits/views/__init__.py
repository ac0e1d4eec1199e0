"""Views of the list of benefits and of credit; the page of one benefit is in `licensing`."""
