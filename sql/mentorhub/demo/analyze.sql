ANALYZE users, mentors, courses, lessons, sessions, course_enrollments, progress, reviews, payments;
