-- At the first start of the postgres service, by the superuser: who may log in, and with what.
-- `analytics init` grants these roles what they need; here they only get their passwords.
\getenv reader_password ANALYTICS_READER_PASSWORD
\getenv worker_password ANALYTICS_WORKER_PASSWORD

CREATE ROLE analytics_reader LOGIN PASSWORD :'reader_password';
CREATE ROLE analytics_worker LOGIN PASSWORD :'worker_password';

-- For the profile `demo`; without it this database stays empty.
CREATE DATABASE mentorhub;
