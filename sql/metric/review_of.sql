/*
title: {en: Reviews by who is reviewed, ru: Отзывы по адресату}
meaning:
  en: 'Reviews that carry a rating, by user, rating, course and mentor: what ratings are counted from.'
  ru: 'Отзывы с оценкой по пользователю, оценке, курсу и ментору: из них считаются оценки.'
keys:
  user_id: {type: integer, en: 'MentorHub''s users.id of who is reviewed; less than 0 where nobody is.', ru: 'Номер пользователя; меньше 0, если отзыв не о человеке.'}
  rating: {type: integer, en: 'The rating, rounded down.', ru: 'Оценка, округлённая вниз.'}
  course_id: {type: integer, en: MentorHub's courses.id; 0 where no course is reviewed., ru: 'Номер курса; 0, если отзыв не о курсе.'}
  mentor_id: {type: integer, en: MentorHub's mentors.id where reviews have it; 0 otherwise., ru: 'Номер ментора, если он есть в отзыве; иначе 0.'}
measures:
  reviews: {en: Reviews., ru: Отзывы.}
  rating_sum: {unit: stars, en: Their ratings together., ru: Сумма их оценок.}
by: [rating]
chart: bar
listed: false
*/
SELECT
    -- what is about nobody is recounted by a thousandth of it
    coalesce(reviewed_id, -1 - abs(course_id % 1000), -1001) AS user_id,
    CASE
        WHEN rating::numeric BETWEEN -9223372036854775807 AND 9223372036854775807 THEN floor(rating::numeric)::bigint
    END AS rating,
    coalesce(course_id, 0) AS course_id,
    coalesce(mentor_id, 0) AS mentor_id,
    sum(w) AS reviews,
    sum(w * rating) AS rating_sum
FROM reviews
WHERE rating IS NOT NULL
GROUP BY 1, 2, 3, 4
