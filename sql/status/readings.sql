-- What the alarms look at.
SELECT * FROM analytics.readings()
