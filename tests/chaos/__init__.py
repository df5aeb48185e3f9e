"""Faults at random beside writers and readers, and what must hold all the while."""
