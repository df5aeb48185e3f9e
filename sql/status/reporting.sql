-- Which time zone the days are parted in.
SELECT timezone FROM analytics.reporting
