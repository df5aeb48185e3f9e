-- What the guard sees of the slot at MentorHub, and since when it is so.
UPDATE control.slot
SET
    looked_at = clock_timestamp(),
    inactive_since = CASE WHEN NOT %(active)s THEN coalesce(inactive_since, clock_timestamp()) END,
    retained = %(retained)s,
    most = %(most)s,
    apply_errors = %(errors)s,
    failing_since = CASE WHEN %(errors)s > 0 THEN coalesce(failing_since, clock_timestamp()) END
