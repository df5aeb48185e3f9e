SELECT * FROM analytics.answer
