"""Views about a benefit, redeeming a key, and what runs in a tenant."""
