#!/bin/sh
# Makes the two logins that Collegium asks for: the owner, which migrates, and the service, which owns nothing.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -v owner="$COLLEGIUM_OWNER_PASSWORD" -v service="$COLLEGIUM_SERVICE_PASSWORD" <<'SQL'
CREATE ROLE collegium_owner LOGIN CREATEROLE PASSWORD :'owner';
CREATE ROLE collegium LOGIN PASSWORD :'service';
CREATE DATABASE collegium OWNER collegium_owner;
SQL
