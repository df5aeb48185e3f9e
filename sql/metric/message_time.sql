/*
title: {en: Times of messages, ru: Время сообщений}
meaning:
  en: 'When two people wrote to each other: what the time to an answer is counted from; no text.'
  ru: 'Когда двое писали друг другу: из этого считается время ответа; без текста.'
keys:
  pair: {free: true, en: 'The users.id of both, the lesser first, with a colon between.', ru: 'Номера обоих пользователей, меньший первым, через двоеточие.'}
  way: {type: integer, en: 1 where the lesser one wrote; 2 where the other did., ru: '1, если писал первый из них; 2, если второй.'}
  moment: {type: integer, en: Microseconds since 1970., ru: Микросекунды с 1970 года.}
  day: {type: day, en: Day in the reporting time zone., ru: День в отчётном часовом поясе.}
measures:
  messages: {en: Messages., ru: Сообщения.}
by: [day]
chart: bar
listed: false
*/
SELECT
    least(sender_id, recipient_id) || ':' || greatest(sender_id, recipient_id) AS pair,
    CASE WHEN sender_id < recipient_id THEN 1 ELSE 2 END AS way,
    (1000000 * extract(EPOCH FROM created_at))::bigint AS moment,
    day,
    sum(w) AS messages
FROM messages
WHERE sender_id <> recipient_id
GROUP BY 1, 2, 3, 4
