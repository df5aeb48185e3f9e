/*
title: {en: Open courses by lessons completed, ru: Незавершённые курсы по пройденным урокам}
meaning:
  en: Enrolments that are not completed, by course and how many of its lessons the learner completed.
  ru: Незавершённые записи по курсу и числу пройденных в нём уроков.
per: enrollment
keys:
  course_id: {type: integer, en: MentorHub's courses.id., ru: Номер курса.}
  lessons: {type: integer, en: Lessons that the learner completed., ru: Сколько уроков ученик прошёл.}
  enrollment: {free: true, en: 'The users.id and courses.id, with a colon between.', ru: 'Номера пользователя и курса через двоеточие.'}
measures:
  enrollments: {en: Enrolments., ru: Записи.}
by: [course_id, lessons]
chart: bar
listed: false
*/
SELECT
    course_id,
    lessons::bigint AS lessons,
    enrollment,
    sum(w * open) AS enrollments
FROM enrollment_lesson
WHERE open <> 0
GROUP BY 1, 2, 3
