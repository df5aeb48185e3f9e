/*
title: {en: Lessons completed by enrolment, ru: Пройденные уроки по записям}
meaning:
  en: 'Each learner in each course: whether the course is open, and how many lessons they completed.'
  ru: 'Каждый ученик на каждом курсе: не пройден ли курс и сколько уроков пройдено.'
keys:
  enrollment: {free: true, en: 'The users.id and courses.id, with a colon between.', ru: 'Номера пользователя и курса через двоеточие.'}
  course_id: {type: integer, en: MentorHub's courses.id., ru: Номер курса.}
measures:
  open: {en: 1 where the course is not completed., ru: '1, если курс не пройден.'}
  lessons: {en: Lessons completed., ru: Пройденные уроки.}
by: [course_id]
listed: false
*/
SELECT
    user_id || ':' || course_id AS enrollment,
    course_id,
    sum(open) AS open,
    sum(lessons) AS lessons
FROM (
    SELECT
        user_id,
        course_id,
        w * (NOT completed)::integer AS open,
        0 AS lessons
    FROM course_enrollments
    UNION ALL
    SELECT
        user_id,
        course_id,
        0,
        w * (completed AND lesson_id IS NOT NULL)::integer
    FROM progress
) AS parts
GROUP BY 1, 2
HAVING sum(open) <> 0 OR sum(lessons) <> 0
