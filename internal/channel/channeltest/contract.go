package channeltest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"
)

// ContractsVar names the environment variable that holds the folder of the
// vendors' API descriptions. They are theirs, so they are not kept here.
const ContractsVar = "OUTREACH_CONTRACTS"

// Contract checks a request as the vendor's description has it. An error says
// what is wrong with the request.
type Contract interface {
	Check(r *http.Request, body []byte) error
}

// contractFile reads one description, or skips the test when there is no
// folder of them.
func contractFile(t testing.TB, name string) []byte {
	t.Helper()
	folder := os.Getenv(ContractsVar)
	if folder == "" {
		t.Skipf("%s is not set: name the folder of the vendors' API descriptions to check requests against them", ContractsVar)
	}
	data, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	return data
}

// openAPI checks requests against an OpenAPI 3 description, and refuses every
// field that it does not name.
type openAPI struct{ router routers.Router }

// OpenAPI reads an OpenAPI 3 description. The test is skipped when
// OUTREACH_CONTRACTS is not set.
func OpenAPI(t testing.TB, file string) Contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(contractFile(t, file))
	require.NoError(t, err)
	return newOpenAPI(t, doc, "/")
}

// Swagger reads a Swagger 2 description, as OpenAPI does.
func Swagger(t testing.TB, file string) Contract {
	t.Helper()
	var old openapi2.T
	require.NoError(t, json.Unmarshal(contractFile(t, file), &old))
	doc, err := openapi2conv.ToV3(&old)
	require.NoError(t, err)
	return newOpenAPI(t, doc, old.BasePath)
}

func newOpenAPI(t testing.TB, doc *openapi3.T, base string) Contract {
	t.Helper()
	doc.Servers = openapi3.Servers{{URL: base}}
	closed := map[*openapi3.Schema]bool{}
	for _, path := range doc.Paths.Map() {
		path.Servers = nil
		for _, op := range path.Operations() {
			if op.RequestBody == nil || op.RequestBody.Value == nil {
				continue
			}
			for _, media := range op.RequestBody.Value.Content {
				closeSchema(media.Schema, closed)
			}
		}
	}
	router, err := gorillamux.NewRouter(doc)
	require.NoError(t, err)
	return openAPI{router}
}

// closeSchema has objects that name their fields take no other.
func closeSchema(ref *openapi3.SchemaRef, done map[*openapi3.Schema]bool) {
	if ref == nil || ref.Value == nil || done[ref.Value] {
		return
	}
	s := ref.Value
	done[s] = true
	if len(s.Properties) > 0 && s.AdditionalProperties.Schema == nil {
		s.AdditionalProperties.Has = new(bool)
	}
	closeSchema(s.Items, done)
	for _, p := range s.Properties {
		closeSchema(p, done)
	}
}

// Check implements Contract.
func (o openAPI) Check(r *http.Request, body []byte) error {
	route, params, err := o.router.FindRoute(r)
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err)
	}
	checked := r.Clone(r.Context())
	checked.Body = io.NopCloser(bytes.NewReader(body))
	err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request:    checked,
		PathParams: params,
		Route:      route,
		Options:    &openapi3filter.Options{MultiError: true, AuthenticationFunc: authorized},
	})
	return errors.Join(err, unknownFields(route.Operation, r.Header.Get("Content-Type"), body))
}

func authorized(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	if in.RequestValidationInput.Request.Header.Get("Authorization") == "" {
		return errors.New("no Authorization header")
	}
	return nil
}

// unknownFields names form fields that the description does not have: the
// validator reads only those that it knows, and so lets a misspelt one pass.
func unknownFields(op *openapi3.Operation, mediaType string, body []byte) error {
	const form = "application/x-www-form-urlencoded"
	if op.RequestBody == nil || mediaType != form {
		return nil
	}
	media := op.RequestBody.Value.Content.Get(form)
	if media == nil || media.Schema == nil {
		return fmt.Errorf("a form is not described for %s", op.OperationID)
	}
	fields, err := url.ParseQuery(string(body))
	if err != nil {
		return err
	}
	var errs []error
	for name := range fields {
		if media.Schema.Value.Properties[name] == nil {
			errs = append(errs, fmt.Errorf("form field %q is not described", name))
		}
	}
	return errors.Join(errs...)
}

// Guarded starts a server that answers by the handler, fails the test on each
// request that breaks the contract, and counts the requests in the log.
func Guarded(t testing.TB, c Contract, handler http.HandlerFunc) (baseURL string, log *Log) {
	t.Helper()
	log = NewLog()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = c.Check(r, body)
		}
		if err != nil {
			t.Errorf("request breaks the vendor's contract: %v\n%s", err, body)
		}
		log.Saw(Seen{Text: string(body)})
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, log
}
