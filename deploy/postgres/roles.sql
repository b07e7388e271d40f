-- The log-in of trainer and inference. What its role may do is granted by the api when it migrates:
-- move jobs and models on, and not read tasks, candidates or generated source.
-- Run once, as an administrator: RUNNER_PASSWORD=… psql --set ON_ERROR_STOP=1 --file roles.sql
\getenv password RUNNER_PASSWORD
SELECT 'CREATE ROLE tabrl_trainer NOLOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tabrl_trainer') \gexec
CREATE ROLE tabrl_runner LOGIN PASSWORD :'password' IN ROLE tabrl_trainer;
