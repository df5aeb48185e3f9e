/*
title:
  en: Sessions by mentor and day
  ru: Сессии по менторам и дням
meaning:
  en: 'Sessions by mentor and day of creation: what the ranking is counted from.'
  ru: Сессии каждого ментора по дню создания.
readers: mentor_id
keys:
  mentor_id:
    type: integer
    en: MentorHub's mentors.id.
    ru: Номер ментора.
  day:
    type: day
    en: Day in the reporting time zone.
    ru: День в отчётном часовом поясе.
measures:
  sessions:
    en: Sessions created on the day, of any status.
    ru: Сессии ментора, созданные в этот день.
chart: bar
*/
SELECT
    mentor_id,
    day,
    sum(w) AS sessions
FROM sessions
WHERE mentor_id IS NOT NULL AND day IS NOT NULL
GROUP BY mentor_id, day
