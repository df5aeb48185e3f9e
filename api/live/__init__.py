"""Whoever listens hears which answer changed."""
