-- A column's text in a database of MentorHub's that is in SQL_ASCII, where text may be any bytes: as
-- it is where that is UTF-8, else with U+FFFD, a word joiner that nobody sees, and its octal number
-- for each byte beyond ASCII: people's texts have the first and a number, but not the three.
CASE
    WHEN {column} IS NOT NULL
    THEN
        CASE
            WHEN
                encode(convert_to(concat({column}), 'SQL_ASCII'), 'hex')
                ~ '^([0-7].|(c[2-9a-f]|d.)[89ab].|(e0[ab].|e[1-9a-cef][89ab].|ed[89].)[89ab].|(f0[9ab].|f[1-3][89ab].|f48.)[89ab].[89ab].)*$'
            THEN concat({column})
            ELSE replace(encode(convert_to(concat({column}), 'SQL_ASCII'), 'escape'), '\', E'\xef\xbf\xbd\xe2\x81\xa0')
        END
END
