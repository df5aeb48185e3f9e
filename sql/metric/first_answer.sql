/*
title: {en: First answers, ru: Первые ответы}
meaning:
  en: 'Whom somebody first wrote to and who answered, by the day of the first message and the time to the answer: what response times are counted from.'
  ru: 'Кому написали первым и кто ответил, по дню первого сообщения и времени до ответа: из этого считается время ответа.'
listed: false
per: pair
keys:
  user_id: {type: integer, en: MentorHub's users.id of who answered., ru: 'Номер пользователя, который ответил.'}
  day: {type: day, en: Day of the first message in the reporting time zone., ru: День первого сообщения в отчётном часовом поясе.}
  hours: {type: integer, en: 'Hours that the answer took at least: 0, 1, 4, 8 or 24.', ru: 'Часы до ответа, не меньше: 0, 1, 4, 8 или 24.'}
measures:
  conversations: {en: Pairs whose first message was answered., ru: 'Пары, где на первое сообщение ответили.'}
by: [day]
chart: bar
*/
SELECT
    split_part(pair, ':', 3 - way::integer)::bigint AS user_id,
    day,
    CASE
        WHEN answered - moment < 3600000000 THEN 0
        WHEN answered - moment < 14400000000 THEN 1
        WHEN answered - moment < 28800000000 THEN 4
        WHEN answered - moment < 86400000000 THEN 8
        ELSE 24
    END AS hours,
    sum(w) AS conversations
FROM (
    SELECT
        pair,
        way,
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
GROUP BY 1, 2, 3
