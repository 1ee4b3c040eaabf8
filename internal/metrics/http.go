package metrics

import (
	"net/http"
	"time"
)

// HTTP counts how long next takes for its answers, by the pattern that a
// http.ServeMux in it found, and by the class of the answer: 2xx holds
// everything below 400.
func (m *Metrics) HTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, answer := time.Now(), &answered{ResponseWriter: w}
		defer func() {
			route := r.Pattern // as the innermost mux set it
			if route == "" {
				route = other
			}
			m.httpSeconds.WithLabelValues(route, class(answer.status)).Observe(time.Since(began).Seconds())
		}()
		next.ServeHTTP(answer, r)
	})
}

// class gives the class of a status; 0 is an answer with no word of its own.
func class(status int) string {
	switch {
	case status >= 500:
		return "5xx"
	case status >= 400:
		return "4xx"
	}
	return "2xx"
}

// answered remembers the status of an answer.
type answered struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answered) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach what the answer can do beside.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }
