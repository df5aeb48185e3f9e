-- A mirrored table is proven.
UPDATE control.proof
SET there = %(there)s, started = %(started)s, subscription = %(subscription)s, edits = %(edits)s
WHERE mirrored = %(mirrored)s
