#!/bin/sh
# Runs once, when PostgreSQL's folder is new: a user and a database for the engine's store, the same for Temporal's two,
# and a user that may copy everything and change nothing.
set -eu

secrets=${SECRETS:-/run/secrets}

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
	--set outreach="$(cat "$secrets/outreach_db_password")" \
	--set temporal="$(cat "$secrets/temporal_db_password")" \
	--set backup="$(cat "$secrets/backup_db_password")" <<'SQL'
CREATE ROLE outreach LOGIN PASSWORD :'outreach';
CREATE DATABASE outreach OWNER outreach;
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
CREATE ROLE backup LOGIN REPLICATION PASSWORD :'backup';
REVOKE CONNECT ON DATABASE outreach, temporal, temporal_visibility FROM PUBLIC;
SQL

echo 'host replication backup all scram-sha-256' >>"$PGDATA/pg_hba.conf"
psql --no-psqlrc --quiet --username postgres --dbname postgres --command 'SELECT pg_reload_conf()' >/dev/null
