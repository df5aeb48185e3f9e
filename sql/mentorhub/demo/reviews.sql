-- Some 0.6 a user: of courses by those who began them, of mentors by those who met them. One course
-- review in fifty is of a course that doesn't exist (any more).
INSERT INTO reviews (id, user_id, reviewed_id, course_id, rating, comment, created_at, updated_at)
SELECT
    row_number() OVER (ORDER BY written, kind, origin),
    user_id,
    reviewed_id,
    course_id,
    ('{5, 5, 5, 5, 5, 5, 4, 4, 4, 3, 2, 1}'::int[])[
        1 + floor(12 * pg_temp.draw(origin, seed + 601 + kind))
    ],
    CASE WHEN origin % 3 = 0 THEN 'Очень полезно, спасибо!' END,
    written,
    written
FROM (
    SELECT
        0 AS kind,
        id AS origin,
        user_id,
        NULL::int AS reviewed_id,
        course_id
        + CASE WHEN pg_temp.draw(id, seed + 603) < 0.02 THEN 1000000 ELSE 0 END AS course_id,
        updated_at AS written
    FROM course_enrollments, demo
    WHERE progress_percent > 0 AND pg_temp.draw(id, seed + 604) < 0.16
    UNION ALL
    SELECT 1, sessions.id, student_id, mentor.user_id, NULL, sessions.updated_at
    FROM demo, sessions
    JOIN demo_mentor AS mentor ON mentor.id = mentor_id
    WHERE status = 'COMPLETED' AND pg_temp.draw(sessions.id, seed + 605) < 0.06
) AS review
CROSS JOIN demo;

ANALYZE reviews;
