"""Views, by what they show; a benefit's own page shows subscriptions too: see licensing."""
