#!/bin/sh
# Run by the image of PostgreSQL when it makes a new database: the log-in of trainer and inference.
RUNNER_PASSWORD=$(cat /run/secrets/trainer_password) \
  psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file /etc/tabrl/roles.sql
