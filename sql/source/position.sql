-- MentorHub's clock, and a position of its WAL that lies behind every commit made until then.
-- The message is a commit of our own that is flushed: it takes along what other commits did not
-- wait for (synchronous_commit = off), as only flushed WAL is sent.
SELECT
    clock_timestamp(),
    pg_logical_emit_message(true, 'mentorhub_analytics', '')::text,
    set_config('synchronous_commit', 'local', true)
