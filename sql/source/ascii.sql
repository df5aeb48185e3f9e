UPDATE public.{table} SET {column} = regexp_replace({column}, '[^ -~]', '?', 'g') WHERE id IN ({ids})
