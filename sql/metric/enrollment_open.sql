/*
title: {en: Courses begun and not completed, ru: 'Начатые, но не пройденные курсы'}
meaning:
  en: Enrolments that are not completed, by learner, course and the day of enrolment.
  ru: Незавершённые записи по ученику, курсу и дню записи.
readers: user_id
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  course_id: {type: integer, en: MentorHub's courses.id., ru: Номер курса.}
  day: {type: day, en: Day of enrolment in the reporting time zone., ru: День записи в отчётном часовом поясе.}
measures:
  enrollments: {en: Enrolments that are not completed., ru: Незавершённые записи.}
  low: {en: Those below 25 percent., ru: Из них меньше 25 %.}
chart: line
*/
SELECT
    user_id,
    course_id,
    day,
    sum(w) AS enrollments,
    sum(w * (progress_percent < 25)::integer) AS low
FROM course_enrollments
WHERE NOT completed AND progress_percent IS NOT NULL
GROUP BY user_id, course_id, day
