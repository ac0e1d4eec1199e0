"""Pages of reminders: what one chose, how they are stopped, and whether they run."""
