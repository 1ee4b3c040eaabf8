package source_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/source"
)

func TestCheckEndpoint(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://api.example.com":              "",
		"https://api.example.com:8443/a/b?c=d": "",
		"http://localhost:8080/x":              "",
		"http://127.0.0.1/x":                   "",
		"http://127.9.9.9/x":                   "",
		"http://[::1]:9/x":                     "",
		"http://api.example.com/x":             "is not encrypted",
		"http://127.0.0.1.example.com/x":       "is not encrypted",
		"http://10.0.0.1/x":                    "is not encrypted",
		"http://localhost.example.com":         "is not encrypted",
		"ftp://api.example.com/x":              "is not a web address",
		"//api.example.com/x":                  "is not a web address",
		"api.example.com/x":                    "is not a URL",
		"localhost:8080":                       "is not a URL",
		"https:///x":                           "is not a URL",
		"https://:443/x":                       "is not a URL",
		"https://api.example.com/%zz":          "is not a URL",
		"":                                     "is not a URL",
		"https://me:secret@api.example.com/":   "holds a user, which every reader of the file would see",
		"https://api.example.com/x#here":       "has a # part, which is never sent",
		"https://127.0.0.1@api.example.com/x":  "holds a user, which every reader of the file would see",
		"http://localhost@api.example.com/":    "holds a user, which every reader of the file would see",
	} {
		message, hint := source.CheckEndpoint(url)
		require.Equal(t, want, message, url)
		require.Equal(t, want == "", hint == "", url)
	}
}
