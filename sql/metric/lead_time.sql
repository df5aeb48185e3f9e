/*
title: {en: From booking to session, ru: От записи до сессии}
meaning:
  en: How long before they were held completed sessions were booked, by the day they were held.
  ru: За сколько до проведения записывались на завершённые сессии, по дню проведения.
keys:
  day: {type: day, en: Day the session was held on in the reporting time zone., ru: День проведения в отчётном часовом поясе.}
  hours: {type: integer, hidden: true, en: 'Hours from booking to session, to the nearest; of 100 or more to two digits.', ru: 'Часы от записи до сессии, с округлением; от 100 до двух знаков.'}
measures:
  sessions: {en: Completed sessions that were booked before they were held., ru: 'Завершённые сессии, записанные до проведения.'}
  minutes: {unit: minutes, en: Whole minutes from booking to session of all of them together., ru: Целые минуты от записи до сессии всех вместе.}
ratios:
  mean_hours:
    is: analytics.ratio(minutes, 60 * sessions)
    unit: hours
    en: Mean time from booking to session.
    ru: Среднее время от записи до сессии.
percentiles:
  median_hours: {percent: 50, of: sessions, unit: hours, en: Half of the sessions were booked no earlier., ru: Половина сессий записана не раньше.}
  p90_hours: {percent: 90, of: sessions, unit: hours, en: Nine of ten sessions were booked no earlier., ru: Девять сессий из десяти записаны не раньше.}
chart: line
*/
SELECT
    day,
    hours,
    sum(w * sessions) AS sessions,
    sum(w * minutes) AS minutes
FROM mentor_lead_time
GROUP BY day, hours
