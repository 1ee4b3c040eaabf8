//go:build unix

package cluster

import "fmt"

// sizes gives the bytes of each database on the cluster's own PostgreSQL, their
// indexes and what was not yet cleared away included.
func (c *cluster) sizes() (map[string]int64, error) {
	var list map[string]int64
	if c.postgres == nil {
		return list, nil
	}
	err := c.ask(c.postgres.URL("postgres"),
		"SELECT json_object_agg(datname, pg_database_size(datname)) FROM pg_database WHERE datname NOT LIKE 'template%' AND datname <> 'postgres'", &list)
	if err != nil {
		return nil, fmt.Errorf("sizes of databases: %w", err)
	}
	return list, nil
}

// grown gives by how much databases are larger than before; those that are not
// are left out.
func grown(before, after map[string]int64) map[string]int64 {
	by := map[string]int64{}
	for name, bytes := range after {
		if bytes > before[name] {
			by[name] = bytes - before[name]
		}
	}
	return by
}
