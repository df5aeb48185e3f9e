/*
title: {en: 'From booking to session, by mentor', ru: От записи до сессии по менторам}
meaning:
  en: How long before they were held completed sessions were booked, by mentor and the day they were held.
  ru: За сколько до проведения записывались на завершённые сессии, по ментору и дню проведения.
readers: mentor_id
coarser: lead_time
keys:
  mentor_id: {type: integer, en: MentorHub's mentors.id; 0 where the session names none., ru: 'Номер ментора; 0, если не указан.'}
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
by: [day]
chart: line
*/
SELECT
    mentor_id,
    day,
    -- to the hour nearly every row would be one of its own
    round(seconds / 3600, CASE WHEN seconds < 360000 THEN 0 WHEN seconds < 3600000 THEN -1 WHEN seconds < 36000000 THEN -2 ELSE -3 END)::bigint AS hours,
    sum(w) AS sessions,
    sum(w * floor(seconds / 60)) AS minutes
FROM (
    SELECT
        coalesce(mentor_id, 0) AS mentor_id,
        scheduled_day AS day,
        extract(EPOCH FROM scheduled_at - created_at) AS seconds,
        w
    FROM sessions
    WHERE status = 'completed' AND scheduled_at >= created_at
) AS spans
GROUP BY 1, 2, 3
