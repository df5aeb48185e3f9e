{# Where the analytics database has TimescaleDB, whose functions are in schema {{ timescale }}. #}
SELECT {{ timescale }}.create_hypertable(
    'analytics.{{ metric.name }}',
    '{{ metric.grain }}',
    -- a fold looks a row up in each of them: some six of what is kept unless a setting says more
    chunk_time_interval => interval '{{ "60 days" if metric.grain == "hour" else "5 days" }}',
    create_default_indexes => false
);

CREATE FUNCTION control.drop_chunks_of_{{ metric.name }}(before timestamptz) RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
    SELECT count(*) FROM {{ timescale }}.drop_chunks('analytics.{{ metric.name }}', older_than => before);
END;

COMMENT ON FUNCTION control.drop_chunks_of_{{ metric.name }}(timestamptz) IS 'Drops the chunks of {{ metric.name }} that end before, and returns how many. No snapshot that is still read may have a row in them: DROP takes away what older ones see.';
