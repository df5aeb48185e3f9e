/*
title: {en: Ratings, ru: Оценки}
meaning:
  en: Reviews that carry a rating, by the rating, and by the course or mentor they are about, all time.
  ru: Отзывы с оценкой по оценке и по курсу или ментору, за всё время.
readers: mentor_id
per: user_id
keys:
  rating: {type: integer, en: 'The rating, rounded down.', ru: 'Оценка, округлённая вниз.'}
  course_id: {type: integer, en: MentorHub's courses.id; 0 where no course is reviewed., ru: 'Номер курса; 0, если отзыв не о курсе.'}
  mentor_id: {type: integer, en: MentorHub's mentors.id; 0 where no mentor is reviewed., ru: 'Номер ментора; 0, если отзыв не о менторе.'}
measures:
  reviews: {en: Reviews that carry a rating., ru: Отзывы с оценкой.}
  rating_sum: {unit: stars, en: Their ratings together., ru: Сумма их оценок.}
  satisfied: {en: Those of 4 and 5., ru: Из них на 4 и 5.}
ratios:
  average:
    is: analytics.ratio(rating_sum, reviews)
    unit: stars
    en: Mean rating.
    ru: Средняя оценка.
  csat:
    is: analytics.ratio(100 * satisfied, reviews)
    unit: percent
    en: Ratings of 4 and 5, percent of all.
    ru: Доля оценок 4 и 5, %.
by: [rating]
chart: bar
*/
SELECT
    rating,
    course_id,
    coalesce(nullif(named, 0), mentor_id, 0) AS mentor_id,
    sum(w * reviews) AS reviews,
    sum(w * rating_sum) AS rating_sum,
    sum(w * reviews * (rating BETWEEN 4 AND 5)::integer) AS satisfied
FROM (
    SELECT
        rating,
        course_id,
        named,
        -- no join: a fold would compare each with each
        min(mentor_id) OVER (PARTITION BY user_id) AS mentor_id,
        reviews,
        rating_sum,
        w
    FROM (
        SELECT
            user_id,
            rating,
            course_id,
            mentor_id AS named,
            NULL AS mentor_id,
            reviews,
            rating_sum,
            w
        FROM review_of
        UNION ALL
        SELECT
            user_id,
            NULL,
            NULL,
            NULL,
            mentor_id,
            NULL,
            NULL,
            w
        FROM mentor_account
    ) AS parts
) AS named
WHERE reviews IS NOT NULL
GROUP BY 1, 2, 3
