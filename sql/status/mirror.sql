-- What the guard sees, and what was found to differ from MentorHub's rows.
SELECT * FROM analytics.mirror_status()
