SELECT analytics.alert_problem(:metric, :measure, CAST(:filters AS jsonb)) AS problem
