/*
title: {en: First activity of users, ru: Первая активность пользователей}
meaning:
  en: The first day of activity of each user.
  ru: Первый день активности каждого пользователя.
readers: user_id
listed: false
per: user_id
near: {active_day: 1}
keys:
  user_id: {type: integer, en: MentorHub's users.id., ru: Номер пользователя.}
  day: {type: day, en: Day in the reporting time zone., ru: День в отчётном часовом поясе.}
measures:
  users: {en: Always 1., ru: Всегда 1.}
chart: bar
ttl: 300
*/
SELECT
    user_id,
    min(day) AS day,
    max(w)::bigint AS users
FROM active_day
GROUP BY user_id
