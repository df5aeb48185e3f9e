"""What several tests use: worlds, oracles, servers, people. No test is in here."""
