/*
title: {en: Sessions still scheduled, ru: 'Сессии, которые ещё запланированы'}
meaning:
  en: Sessions of the status scheduled, by the day they are to be held.
  ru: Запланированные сессии по дню проведения.
keys:
  day: {type: day, en: Day the session is to be held on in the reporting time zone., ru: День проведения в отчётном часовом поясе.}
  session_id: {type: integer, en: MentorHub's sessions.id., ru: Номер сессии.}
measures:
  sessions: {en: Sessions., ru: Сессии.}
chart: bar
listed: false
*/
SELECT
    scheduled_day AS day,
    id AS session_id,
    sum(w) AS sessions
FROM sessions
WHERE status = 'scheduled'
GROUP BY 1, 2
