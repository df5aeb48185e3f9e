/*
title: {en: Reviews of courses, ru: Отзывы о курсах}
meaning:
  en: 'Reviews that carry a rating and are about nobody, each by the course that they name.'
  ru: 'Отзывы с оценкой, которые не о человеке, по указанному курсу.'
keys:
  course_id: {type: integer, en: MentorHub's courses.id; 0 where no course is reviewed., ru: 'Номер курса; 0, если отзыв не о курсе.'}
  review_id: {type: integer, en: MentorHub's reviews.id., ru: Номер отзыва.}
measures:
  reviews: {en: Reviews., ru: Отзывы.}
by: [course_id]
chart: bar
listed: false
*/
SELECT
    coalesce(course_id, 0) AS course_id,
    id AS review_id,
    sum(w) AS reviews
FROM reviews
WHERE
    rating IS NOT NULL
    -- an account below 0 is nobody's
    AND coalesce(reviewed_id, -1) < 0
    AND coalesce(mentor_id, 0) = 0
GROUP BY 1, 2
