CREATE VIEW mentors AS
SELECT
    id,
    user_id,
    w
FROM mentors;

COMMENT ON VIEW mentors IS 'Which user each mentor is.';
