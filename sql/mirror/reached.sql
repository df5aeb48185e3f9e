-- How far MentorHub's WAL is applied.
UPDATE control.source SET reached = greatest(reached, '0/0'::pg_lsn + %s)
