-- When a rebuild last began because it was time for it.
SELECT max(started_at) AS last_beat FROM control.run WHERE reason IN ('schedule', 'nightly')
