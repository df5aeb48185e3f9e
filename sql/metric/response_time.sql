/*
title: {en: Time to the first answer, ru: Время до первого ответа}
meaning:
  en: Pairs of people of whom one wrote and the other answered, by the day of the first message and the time to the first answer.
  ru: 'Пары людей, где один написал, а другой ответил, по дню первого сообщения и времени до первого ответа.'
per: pair
keys:
  day: {type: day, en: Day of the first message in the reporting time zone., ru: День первого сообщения в отчётном часовом поясе.}
  bucket: {en: 'Hours to the first answer: 0-1, 1-4, 4-8, 8-24 or over 24.', ru: 'Часы до первого ответа: 0-1, 1-4, 4-8, 8-24 или over 24.'}
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
