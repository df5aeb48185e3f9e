-- When a worker last did what beat had sent.
SELECT beat_at AS last_beat FROM control.installation
