GRANT SELECT ({columns}) ON public.{table} TO {role}
