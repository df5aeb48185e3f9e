CREATE TABLE analytics.mentor_ranking (
    from_day  date,
    place     bigint,
    mentor_id bigint NOT NULL,
    sessions  bigint NOT NULL,
    PRIMARY KEY (from_day, place)
);

COMMENT ON TABLE analytics.mentor_ranking IS 'The mentors with the most sessions in every window of 1 to 365 days: ten are served, the others stand by to move up.';
COMMENT ON COLUMN analytics.mentor_ranking.from_day IS 'First day of the window, which ends with analytics.freshness.day.';
COMMENT ON COLUMN analytics.mentor_ranking.place IS '1 to 20: most sessions first, then the smaller mentor_id. As many as are known for certain, and at least 10 where there are so many.';
COMMENT ON COLUMN analytics.mentor_ranking.mentor_id IS 'MentorHub''s mentors.id.';
COMMENT ON COLUMN analytics.mentor_ranking.sessions IS 'The mentor''s sessions created in the window.';

CREATE VIEW slice.known_place AS
SELECT
    from_day AS day,
    min(sessions) OVER (ORDER BY from_day) AS sessions
FROM
    generate_series(0, 364) AS ago
    CROSS JOIN LATERAL (
        SELECT
            from_day,
            CASE WHEN place >= 10 THEN sessions ELSE 0 END AS sessions
        FROM analytics.mentor_ranking
        WHERE from_day = analytics.today() - ago
        ORDER BY place DESC
        LIMIT 1
    ) AS last_place;

COMMENT ON VIEW slice.known_place IS 'With fewer sessions since the day nobody enters the list of a window that begins on it or earlier.';

CREATE VIEW source.known_place AS SELECT * FROM slice.known_place WHERE false;
COMMENT ON VIEW source.known_place IS 'Truth takes nothing for known.';
CREATE VIEW folded.known_place AS SELECT * FROM slice.known_place WHERE false;
COMMENT ON VIEW folded.known_place IS 'An audit takes nothing for known.';
