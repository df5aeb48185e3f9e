-- Up to when MentorHub's commits have arrived; and why MentorHub did not say so, in its own words.
WITH asked AS MATERIALIZED (SELECT control.replicated_until('1 s') AS until)

SELECT
    until AS replicated_until,
    nullif(current_setting('analytics.refusal', true), '') AS refusal
FROM asked
