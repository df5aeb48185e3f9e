/*
title: {en: Last activity of learners, ru: Последняя активность учеников}
meaning:
  en: Accounts with the role student, by the day of their last activity.
  ru: Учётные записи с ролью ученика по дню последней активности.
readers: user_id
per: user_id
near: {active_day: 1}
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  day: {type: day, en: 'Day in the reporting time zone; 0001-01-01 where nothing was done.', ru: 'День в отчётном часовом поясе; 0001-01-01, если ничего не было.'}
measures:
  learners: {en: Always 1., ru: Всегда 1.}
chart: bar
listed: false
*/
SELECT
    user_id,
    coalesce(max(day), date '0001-01-01') AS day,
    sum(w * learners) AS learners
FROM (
    SELECT
        user_id,
        day,
        0 AS learners,
        w
    FROM active_day
    UNION ALL
    SELECT
        user_id,
        NULL,
        users,
        w
    FROM user_role
    WHERE role = 'student'
) AS parts
GROUP BY user_id
HAVING sum(w * learners) <> 0
