/*
title: {en: First messages, ru: Первые сообщения}
meaning:
  en: 'When each of two people first wrote to the other: what the time to an answer is counted from; no text.'
  ru: 'Когда каждый из двоих впервые написал другому: из этого считается время ответа; без текста.'
listed: false
per: pair
near: {message_time: 1}
keys:
  pair: {free: true, en: 'The users.id of both, the lesser first, with a colon between.', ru: 'Номера обоих пользователей, меньший первым, через двоеточие.'}
  way: {type: integer, en: 1 where the lesser one wrote; 2 where the other did., ru: '1, если писал первый из них; 2, если второй.'}
  moment: {type: integer, en: Microseconds since 1970., ru: Микросекунды с 1970 года.}
  day: {type: day, en: Day in the reporting time zone., ru: День в отчётном часовом поясе.}
measures:
  firsts: {en: Always 1., ru: Всегда 1.}
by: [day]
chart: bar
*/
SELECT
    pair,
    way,
    moment,
    day,
    w::bigint AS firsts
FROM (
    SELECT
        pair,
        way,
        moment,
        day,
        w,
        row_number() OVER (PARTITION BY pair, way ORDER BY moment, day) AS place
    FROM message_time
) AS listed
WHERE place = 1
