package channeltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// discovery checks JSON bodies against one schema of a Google discovery
// document, and refuses every field that it does not name.
type discovery struct{ schema *jsonschema.Schema }

// Discovery reads a Google discovery document and takes the named schema for
// every request's body. The test is skipped when OUTREACH_CONTRACTS is not
// set.
func Discovery(t testing.TB, file, schema string) Contract {
	t.Helper()
	data := contractFile(t, file)
	var doc struct {
		Schemas map[string]any `json:"schemas"`
	}
	require.NoError(t, json.Unmarshal(data, &doc))
	for _, s := range doc.Schemas {
		toJSONSchema(s)
	}
	const name = "https://contract.example/discovery.json"
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource(name, map[string]any{"schemas": doc.Schemas}))
	compiled, err := c.Compile(name + "#/schemas/" + schema)
	require.NoError(t, err)
	return discovery{compiled}
}

// toJSONSchema rewrites a discovery schema in place into JSON Schema: its
// references are bare names, its ids would be read as addresses, "any" is no
// type, and unnamed fields are an error to Google.
func toJSONSchema(node any) {
	s, ok := node.(map[string]any)
	if !ok {
		return
	}
	delete(s, "id")
	delete(s, "deprecated")
	if ref, ok := s["$ref"].(string); ok {
		s["$ref"] = "#/schemas/" + ref
	}
	if s["type"] == "any" {
		delete(s, "type")
	}
	toJSONSchema(s["items"])
	toJSONSchema(s["additionalProperties"])
	properties, ok := s["properties"].(map[string]any)
	if !ok {
		return
	}
	s["additionalProperties"] = false
	for _, p := range properties {
		toJSONSchema(p)
	}
}

// Check implements Contract.
func (d discovery) Check(r *http.Request, body []byte) error {
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		return fmt.Errorf("content type is %q, want application/json", got)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return d.schema.Validate(value)
}
