#!/bin/sh
# Copies of the whole PostgreSQL server, Temporal's databases included.
#
#   backup.sh follow   keeps every change as it happens, in wal/: the store can be brought back to any moment
#   backup.sh base     a copy of the whole, in base/TIME: what changes are played back upon. Once a day
#   backup.sh forget   removes copies older than KEEP_DAYS (14), and the changes that no copy needs
set -eu

dir=${BACKUP:-/backup}
export PGHOST="${PGHOST:-postgres}" PGUSER="${PGUSER:-backup}"
PGPASSWORD=$(cat "${SECRETS:-/run/secrets}/backup_db_password")
export PGPASSWORD

case "${1:-}" in
follow)
	mkdir -p "$dir/wal"
	# The slot makes the server keep what was not copied yet.
	pg_receivewal --slot outreach_backup --create-slot --if-not-exists
	exec pg_receivewal --directory "$dir/wal" --slot outreach_backup --synchronous --compress gzip
	;;
base)
	to=$dir/base/$(date -u +%Y-%m-%dT%H-%M-%SZ)
	mkdir -p "$dir/base"
	pg_basebackup --pgdata "$to.part" --format tar --gzip --wal-method none --checkpoint fast --no-password
	mv "$to.part" "$to"
	echo "$to"
	;;
forget)
	find "$dir/base" -mindepth 1 -maxdepth 1 -mtime "+${KEEP_DAYS:-14}" -exec rm -r {} +
	oldest=$(find "$dir/base" -mindepth 1 -maxdepth 1 -name '*Z' | sort | head -n 1)
	[ -n "$oldest" ] || { echo "no copy is left: make one first" >&2; exit 1; }
	first=$(tar -xzOf "$oldest/base.tar.gz" backup_label | sed -n 's/^START WAL LOCATION: .* (file \(.*\))$/\1/p')
	exec pg_archivecleanup -x .gz "$dir/wal" "$first"
	;;
*)
	echo "backup.sh: name follow, base or forget" >&2
	exit 2
	;;
esac
