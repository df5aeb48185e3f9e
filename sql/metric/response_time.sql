/*
title: {en: Time to the first answer, ru: Время до первого ответа}
meaning:
  en: Pairs of people of whom one wrote and the other answered, by the day of the first message, the time to the first answer and the mentor who gave it.
  ru: 'Пары людей, где один написал, а другой ответил, по дню первого сообщения, времени до первого ответа и ментору, который ответил.'
readers: mentor_id
per: user_id
keys:
  day: {type: day, en: Day of the first message in the reporting time zone., ru: День первого сообщения в отчётном часовом поясе.}
  bucket:
    en: 'Hours to the first answer: 0-1, 1-4, 4-8, 8-24 or over 24.'
    ru: 'Часы до первого ответа: 0-1, 1-4, 4-8, 8-24 или over 24.'
    values:
      '0-1': {en: up to 1 h, ru: до 1 ч, zh: '1 小时内', he: עד שעה}
      '1-4': {en: '1 to 4 h', ru: от 1 до 4 ч, zh: '1 至 4 小时', he: שעה עד 4 שעות}
      '4-8': {en: '4 to 8 h', ru: от 4 до 8 ч, zh: '4 至 8 小时', he: '4 עד 8 שעות'}
      '8-24': {en: '8 to 24 h', ru: от 8 до 24 ч, zh: '8 至 24 小时', he: '8 עד 24 שעות'}
      over 24: {en: over 24 h, ru: больше 24 ч, zh: 超过 24 小时, he: יותר מ־24 שעות}
  mentor_id: {type: integer, en: MentorHub's mentors.id; 0 where no mentor answered., ru: 'Номер ментора; 0, если ответил не ментор.'}
measures:
  conversations: {en: Pairs whose first message was answered., ru: 'Пары, где на первое сообщение ответили.'}
by: [bucket]
chart: histogram
*/
SELECT
    day,
    CASE hours WHEN 0 THEN '0-1' WHEN 1 THEN '1-4' WHEN 4 THEN '4-8' WHEN 8 THEN '8-24' ELSE 'over 24' END AS bucket,
    coalesce(mentor_id, 0) AS mentor_id,
    sum(w * conversations) AS conversations
FROM (
    SELECT
        day,
        hours,
        -- no join: a fold would compare each with each
        min(mentor_id) OVER (PARTITION BY user_id) AS mentor_id,
        conversations,
        w
    FROM (
        SELECT
            user_id,
            day,
            hours,
            NULL AS mentor_id,
            conversations,
            w
        FROM first_answer
        UNION ALL
        SELECT
            user_id,
            NULL,
            NULL,
            mentor_id,
            NULL,
            w
        FROM mentor_account
    ) AS parts
) AS answers
WHERE conversations IS NOT NULL
GROUP BY 1, 2, 3
