-- Which layout the mirror was made for; it stays when the subscription is lost.
SELECT substring(obj_description(to_regclass('public.users'), 'pg_class') FROM 'Layout (\w+)\.$')
