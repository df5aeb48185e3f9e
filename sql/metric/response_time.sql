/*
title: {en: Time to the first answer, ru: Время до первого ответа}
meaning:
  en: Pairs of people of whom one wrote and the other answered, by the day of the first message and the time to the first answer.
  ru: 'Пары людей, где один написал, а другой ответил, по дню первого сообщения и времени до первого ответа.'
per: pair
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
measures:
  conversations: {en: Pairs whose first message was answered., ru: 'Пары, где на первое сообщение ответили.'}
by: [bucket]
chart: histogram
*/
SELECT
    day,
    CASE
        WHEN answered - moment < 3600000000 THEN '0-1'
        WHEN answered - moment < 14400000000 THEN '1-4'
        WHEN answered - moment < 28800000000 THEN '4-8'
        WHEN answered - moment < 86400000000 THEN '8-24'
        ELSE 'over 24'
    END AS bucket,
    sum(w) AS conversations
FROM (
    SELECT
        day,
        moment,
        w,
        min(moment) FILTER (WHERE way <> first_way) OVER (PARTITION BY pair) AS answered,
        row_number() OVER (PARTITION BY pair ORDER BY moment, way) AS place
    FROM (
        SELECT
            pair,
            moment,
            way,
            day,
            w,
            first_value(way) OVER (PARTITION BY pair ORDER BY moment, way) AS first_way
        FROM first_message
    ) AS begun
) AS asked
WHERE place = 1 AND answered IS NOT NULL
GROUP BY 1, 2
