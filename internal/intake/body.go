package intake

import (
	"bytes"
	"compress/gzip"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"strings"
)

// maxBody bounds a batch, in bytes, before and after it is unzipped.
const maxBody = 500 << 10

// buffer holds one body, and what is needed to unzip one.
type buffer struct {
	bytes.Buffer
	unzip gzip.Reader
}

// read fills the buffer with the body of a request; trouble is "" when all of
// it is there.
func (b *buffer) read(w http.ResponseWriter, req *http.Request, kind string) (status int, trouble string) {
	limit := int64(maxCall)
	tooLarge := "body: is larger than 32 kB, send less with the call"
	if kind == batch {
		limit, tooLarge = maxBody, "body: is larger than 500 kB, send fewer calls at once"
	}
	if req.ContentLength > limit {
		return http.StatusRequestEntityTooLarge, tooLarge
	}
	var source io.Reader = http.MaxBytesReader(w, req.Body, limit)
	switch strings.ToLower(req.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		if err := b.unzip.Reset(source); err != nil {
			return http.StatusBadRequest, "body: is not gzip, though Content-Encoding says so"
		}
		source = &b.unzip
	default:
		return http.StatusUnsupportedMediaType, "Content-Encoding: is not known here, send gzip or none"
	}
	b.Reset()
	_, err := b.ReadFrom(io.LimitReader(source, limit+1))
	var past *http.MaxBytesError
	switch {
	case errors.As(err, &past) || int64(b.Len()) > limit:
		return http.StatusRequestEntityTooLarge, tooLarge
	case err != nil:
		return http.StatusBadRequest, "body: breaks off before its end, send it again"
	}
	return 0, ""
}

// allowed reports whether a request comes with a known key.
func (s *server) allowed(req *http.Request, inBody string) bool {
	if len(s.WriteKeys) == 0 {
		return true
	}
	inHeader, _, _ := req.BasicAuth()
	known := 0
	for _, key := range s.WriteKeys {
		known |= subtle.ConstantTimeCompare([]byte(key), []byte(inHeader))
		known |= subtle.ConstantTimeCompare([]byte(key), []byte(inBody))
	}
	return known == 1
}
