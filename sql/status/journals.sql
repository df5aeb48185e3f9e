-- What was found later than it happened.
SELECT * FROM analytics.found_later()
