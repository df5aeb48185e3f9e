SELECT * FROM analytics.tallies()
