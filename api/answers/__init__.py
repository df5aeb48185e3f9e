"""A stored row becomes a response: its tag, its headers, its format, and what is remembered."""
