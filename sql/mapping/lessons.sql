CREATE VIEW lessons AS
SELECT
    id,
    course_id,
    source.number("order") AS place,
    CASE WHEN "order" IS NOT NULL AND source.number("order") IS NULL THEN 'order is not a number that can be counted' END AS unusable,
    w
FROM lessons;

COMMENT ON VIEW lessons IS 'The lessons of courses; place: in which order they are taken.';
