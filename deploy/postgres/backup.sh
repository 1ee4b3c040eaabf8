#!/bin/sh
# Copies of the whole PostgreSQL server, Temporal's databases included.
#
#   backup.sh follow   keeps every change as it happens, in wal/: the server can be brought back to any moment
#   backup.sh base     a copy of the whole, in base/TIME: what changes are played back upon. Once a day
#   backup.sh forget   removes copies older than KEEP_DAYS (14), and the changes that no copy needs
#   backup.sh anew     puts all of that aside: after a restore, before follow and base begin again
set -eu

dir=${BACKUP:-/backup}
export PGHOST="${PGHOST:-postgres}" PGUSER="${PGUSER:-backup}"
PGPASSWORD=$(cat "${SECRETS:-/run/secrets}/backup_db_password")
export PGPASSWORD

now() { date -u +%Y-%m-%dT%H-%M-%SZ; }

case "${1:-}" in
follow)
	mkdir -p "$dir/wal"
	# The slot makes the server keep what was not copied yet.
	pg_receivewal --slot outreach_backup --create-slot --if-not-exists
	exec pg_receivewal --directory "$dir/wal" --slot outreach_backup --synchronous
	;;
base)
	part=$dir/base/part
	rm -rf "$part"
	mkdir -p "$dir/base"
	pg_basebackup --pgdata "$part" --format tar --gzip --wal-method none --checkpoint fast --no-password
	to=$dir/base/$(now) # it can be brought back to any moment from here on
	mv "$part" "$to"
	echo "$to"
	;;
forget)
	find "$dir/base" -mindepth 1 -maxdepth 1 -mtime "+${KEEP_DAYS:-14}" -exec rm -r {} +
	oldest=$(find "$dir/base" -mindepth 1 -maxdepth 1 -name '*Z' | sort | head -n 1)
	[ -n "$oldest" ] || { echo "backup.sh: no copy is left: make one first" >&2; exit 1; }
	first=$(tar -xzOf "$oldest/base.tar.gz" backup_label | sed -n 's/^START WAL LOCATION: .* (file \(.*\))$/\1/p')
	exec pg_archivecleanup "$dir/wal" "$first"
	;;
anew)
	aside=$dir/before-$(now)
	mkdir "$aside"
	mv "$dir/wal" "$dir/base" "$aside/"
	echo "$aside"
	;;
*)
	echo "backup.sh: name follow, base, forget or anew" >&2
	exit 2
	;;
esac
