package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhereThePagesAre(t *testing.T) {
	t.Parallel()
	for given, want := range map[settings]string{
		{http: "127.0.0.1:8080"}: "http://127.0.0.1:8080",
		{http: "localhost:9000"}: "http://localhost:9000",
		{http: ":8080"}:          "http://127.0.0.1:8080",
		{http: "0.0.0.0:8080"}:   "http://127.0.0.1:8080",
		{http: "[::]:8080"}:      "http://127.0.0.1:8080",
		{http: "[::1]:8080"}:     "http://[::1]:8080",
		{http: "127.0.0.1:0"}:    "",
		{http: ":8080", public: "https://outreach.example.com"}: "https://outreach.example.com",
	} {
		require.Equal(t, want, given.publicURL(), given.http)
	}
}
