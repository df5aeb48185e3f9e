SELECT missing.columns AS columns FROM analytics.missing WHERE family = :family
