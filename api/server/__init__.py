"""HTTP without the numbers: Granian, connections, bounds of texts, what browsers may, health."""
