"""The way to the database, and what is known of its freshness without asking."""
