/*
title: {en: Rows that are not as they should be, ru: Строки с ошибками}
meaning:
  en: 'The rows of MentorHub''s that contradict each other or the calendar, today, each by its id.'
  ru: 'Строки MentorHub, которые противоречат друг другу или календарю, на сегодня, каждая со своим номером.'
stored: false
keys:
  check:
    en: 'What is wrong: `lessons_done`, as many lessons completed as the course has, and the course not; `review_of_nothing`, a rating of a course that is not there, or of nothing; `session_past`, still scheduled for a day that is over.'
    ru: 'lessons_done: пройдены все уроки, но не курс; review_of_nothing: оценка без курса и ментора; session_past: запланирована на прошедший день.'
    values:
      lessons_done: {en: 'All lessons done, course still open', ru: 'Уроки пройдены, курс не завершён', zh: 课时已全部完成，课程未结, he: 'כל השיעורים הושלמו, הקורס פתוח'}
      review_of_nothing: {en: Review of nothing, ru: Отзыв ни о чём, zh: 评价没有对象, he: ביקורת שאינה על דבר}
      session_past: {en: 'Day is over, session still scheduled', ru: 'День прошёл, сессия ещё запланирована', zh: 日期已过，辅导课仍待进行, he: 'היום עבר, המפגש עדיין מתוכנן'}
  id: {free: true, en: 'Of an enrolment the users.id and courses.id, with a colon between; reviews.id; sessions.id.', ru: 'Для записи на курс номера пользователя и курса через двоеточие; номер отзыва; номер сессии.'}
measures:
  rows: {en: 'Enrolments, reviews or sessions.', ru: 'Записи на курс, отзывы или сессии.'}
chart: bar
listed: false
*/
SELECT
    'lessons_done' AS "check",
    enrollment AS id,
    sum(enrollments) AS rows
FROM
    (
        SELECT
            course_id,
            sum(lessons) AS lessons
        FROM lesson_progress
        GROUP BY course_id
    ) AS course
    INNER JOIN unmarked ON unmarked.course_id = course.course_id AND unmarked.lessons >= course.lessons
WHERE course.lessons > 0
GROUP BY enrollment
UNION ALL
SELECT
    'review_of_nothing',
    review_id::text,
    sum(course_review.reviews)
FROM
    (
        SELECT DISTINCT course_id
        FROM review_of
        WHERE
            user_id < 0
            AND mentor_id = 0
            AND NOT EXISTS (
                SELECT
                FROM course_performance
                WHERE course_performance.course_id = review_of.course_id AND courses > 0
            )
    ) AS nothing
    INNER JOIN course_review USING (course_id)
GROUP BY review_id
UNION ALL
SELECT
    'session_past',
    session_id::text,
    sum(sessions)
FROM session_due
WHERE day < (SELECT max(day) FROM freshness)
GROUP BY session_id
