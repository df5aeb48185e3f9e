SELECT * FROM analytics.metric
