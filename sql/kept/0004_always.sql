-- Who wrote what is recorded, and a journal kept as it is, also in sessions that inherit
-- `session_replication_role = replica`.
ALTER TABLE kept.note
ENABLE ALWAYS TRIGGER sign,
ENABLE ALWAYS TRIGGER record;

ALTER TABLE kept.goal
ENABLE ALWAYS TRIGGER sign,
ENABLE ALWAYS TRIGGER record;

ALTER TABLE kept.alert
ENABLE ALWAYS TRIGGER sign,
ENABLE ALWAYS TRIGGER record;

ALTER TABLE kept.payment_journal ENABLE ALWAYS TRIGGER refuse;
