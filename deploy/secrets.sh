#!/bin/sh
# Makes the secrets that compose.yaml reads, in the folder secrets beside this file or in the one that is named. What is
# there stays as it is: run it again whenever you like.
set -eu

dir=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$dir"

# put NAME: keeps what it reads, unless there is something. The folder is closed, the files are open: a container sees
# its file alone, as whatever user it runs as.
put() {
	[ -s "$dir/$1" ] || cat >"$dir/$1"
	chmod 0444 "$dir/$1"
}

# 32 random bytes in hex.
random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

random | put postgres_password
random | put outreach_db_password
random | put temporal_db_password
random | put backup_db_password
random | put grafana_password
random | put write_keys
random | put link_secret
printf 'postgres://outreach:%s@postgres:5432/outreach?sslmode=disable' "$(cat "$dir/outreach_db_password")" | put store_url

echo "secrets are in $dir: keep a copy where you keep passwords"
