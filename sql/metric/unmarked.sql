/*
title: {en: Open courses by lessons completed, ru: Незавершённые курсы по пройденным урокам}
meaning:
  en: Enrolments that are not completed, by course and how many of its lessons the learner completed.
  ru: Незавершённые записи по курсу и числу пройденных в нём уроков.
per: enrollment
keys:
  course_id: {type: integer, en: MentorHub's courses.id., ru: Номер курса.}
  lessons: {type: integer, en: Lessons that the learner completed., ru: Сколько уроков ученик прошёл.}
measures:
  enrollments: {en: Enrolments., ru: Записи.}
chart: bar
listed: false
*/
SELECT
    course_id,
    lessons::bigint AS lessons,
    sum(w * open) AS enrollments
FROM enrollment_lesson
WHERE open <> 0
GROUP BY 1, 2
