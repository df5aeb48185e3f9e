/*
title: {en: Completed sessions of learners, ru: Завершённые сессии учеников}
meaning:
  en: Completed sessions of each learner by the month they were booked in and mentor.
  ru: Завершённые сессии каждого ученика по месяцу записи и ментору.
readers: user_id
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  month: {type: month, en: First day of the month in the reporting time zone., ru: Первый день месяца в отчётном часовом поясе.}
  mentor_id: {type: integer, en: MentorHub's mentors.id; 0 where the session names none., ru: 'Номер ментора; 0, если не указан.'}
measures:
  completed: {en: Sessions booked in it and completed., ru: 'Сессии этого месяца записи, которые завершены.'}
chart: bar
listed: false
*/
SELECT
    student_id AS user_id,
    date_trunc('month', day::timestamp)::date AS month,
    coalesce(mentor_id, 0) AS mentor_id,
    sum(w) AS completed
FROM sessions
WHERE status = 'completed'
GROUP BY 1, 2, 3
