CREATE SCHEMA kept;
COMMENT ON SCHEMA kept IS 'What people enter, and what MentorHub overwrites: nothing can calculate it again, so that upgrades migrate it, and it is all that a backup must hold. Nothing in it depends on another schema.';
