-- What the other files read through the table demo. TimeZone: a day in them is a UTC day.
SELECT
    set_config('demo.users', %(users)s::int::text, true),
    set_config('demo.seed', %(seed)s::bigint::text, true),
    set_config('demo.until', extract(epoch FROM %(until)s::timestamptz)::text, true),
    set_config('TimeZone', 'UTC', true),
    set_config('work_mem', '128MB', true),
    set_config('maintenance_work_mem', '256MB', true);
