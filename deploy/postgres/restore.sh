#!/bin/sh
# Puts a copy in the place of PostgreSQL's data, with the changes that followed: the server plays them when it starts
# next. The copies stay as they are, so it can be done again. The server must not run.
#
#   restore.sh                              to the last change there is
#   restore.sh '2026-11-23 14:00:00+00'     to that moment
set -eu

dir=${BACKUP:-/backup}
last=$(date -u ${1:+-d "$1"} +%Y-%m-%dT%H-%M-%SZ)
copy=$(find "$dir/base" -mindepth 1 -maxdepth 1 -name '*Z' | sort | awk -F/ -v last="$last" '$NF <= last' | tail -n 1)
[ -n "$copy" ] || { echo "restore.sh: there is no copy from before $last in $dir/base" >&2; exit 1; }
if [ -e "$PGDATA/postmaster.pid" ]; then
	echo "restore.sh: $PGDATA/postmaster.pid is there: stop PostgreSQL first, or remove it if nothing runs" >&2
	exit 1
fi

cd "$PGDATA"
find . -mindepth 1 -delete
tar -xzf "$copy/base.tar.gz"
first=$(sed -n 's/^START WAL LOCATION: .* (file \(.*\))$/\1/p' backup_label)

# The last piece of changes is not full yet: it counts like the others.
mkdir changes
find "$dir/wal" -type f | awk -F/ -v first="$first" '$NF >= first || /\.history$/' | while read -r piece; do
	cp "$piece" "changes/$(basename "$piece" .partial)"
done

touch recovery.signal
{
	echo "restore_command = 'cp \"$PGDATA/changes/%f\" \"%p\"'"
	echo "recovery_target_action = promote"
	[ -z "${1:-}" ] || echo "recovery_target_time = '$1'"
} >>postgresql.auto.conf
chown -R "$(stat -c %u:%g .)" .
chmod 0700 .
echo "from $copy${1:+, to $1}"
