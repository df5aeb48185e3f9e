CREATE VIEW reviews AS
SELECT
    id,
    user_id,
    course_id,
    reviewed_id,
    mentor_id,
    source.number(rating) AS rating,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    CASE
        WHEN rating IS NOT NULL AND source.number(rating) IS NULL THEN 'rating is not a number that can be counted'
        WHEN source.instant(created_at) IS NULL THEN 'created_at is not a date of the years 1 to 9999'
    END AS unusable,
    w
FROM reviews;

COMMENT ON VIEW reviews IS 'Reviews written by user_id; course_id is NULL in reviews of mentors and may point at no course. A mentor is reviewed as reviewed_id, which is users.id, or as mentor_id, which is mentors.id: MentorHub has one of them.';
