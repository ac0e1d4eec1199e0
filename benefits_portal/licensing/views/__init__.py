"""Views, by what they show: a benefit in full, redeeming a key, and what runs in a tenant."""
