package sqltx

import (
	"io/fs"
	"strconv"
	"strings"
)

// Form gives of which form the tables are: the number of the newest migration
// that they have had.
func Form(c Conn) (int64, error) {
	form, _, err := One(c, Number, "SELECT coalesce(max(version_id), 0) FROM goose_db_version")
	return form, err
}

// NewestForm gives the highest number among migrations, which are files named
// 00001_name.sql.
func NewestForm(migrations fs.FS) (newest int64) {
	names, _ := fs.Glob(migrations, "*/*.sql") // the pattern is a right one
	for _, name := range names {
		number, _, _ := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], "_")
		form, _ := strconv.ParseInt(number, 10, 64)
		newest = max(newest, form)
	}
	return newest
}
