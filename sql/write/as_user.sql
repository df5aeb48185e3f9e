-- On whose behalf this transaction writes.
SELECT set_config('kept.writer', :user_id, true)
