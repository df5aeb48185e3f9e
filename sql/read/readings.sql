SELECT * FROM analytics.readings()
