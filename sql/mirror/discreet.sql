-- Where all statements are logged, leave out what is bound to them, a password among it: a superuser
-- may, and whoever was granted to set it.
SELECT set_config('log_parameter_max_length', '0', false)
FROM pg_roles
WHERE
    rolname = current_user
    AND (rolsuper OR has_parameter_privilege('log_parameter_max_length', 'SET'))
