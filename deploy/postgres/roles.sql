-- The role of trainer and inference. It may change jobs and models and nothing else: not read tasks,
-- candidates or generated source. Run as the owner of the tables, after the api has migrated them:
--   RUNNER_PASSWORD=… psql --set ON_ERROR_STOP=1 --file roles.sql
\getenv password RUNNER_PASSWORD
SELECT 'CREATE ROLE tabrl_runner LOGIN' WHERE NOT EXISTS (
    SELECT FROM pg_roles WHERE rolname = 'tabrl_runner'
) \gexec
ALTER ROLE tabrl_runner PASSWORD :'password';
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM tabrl_runner;
GRANT USAGE ON SCHEMA public TO tabrl_runner;
GRANT SELECT, UPDATE ON jobs, models TO tabrl_runner;
