SELECT max(started_at) AS last_tick FROM control.run WHERE reason IN ('schedule', 'nightly')
