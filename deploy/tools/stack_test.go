package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// fault is one text replaced, and what is said of it; without a text the files
// are as they are, and nothing is.
type fault struct{ file, old, with, says string }

// found plays faults over a check.
func found(t *testing.T, c check, faults map[string]fault) {
	t.Helper()
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.do(t.Context(), house(t, f.file, f.old, f.with))
			if f.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, f.says)
		})
	}
}

func TestFaultsOfTheComposeFilesAreFound(t *testing.T) {
	t.Parallel()
	const file = "deploy/compose.yaml"
	found(t, check{do: checkCompose}, map[string]fault{
		"none":                       {file, "name: outreach", "name: outreach", ""},
		"a field that nobody knows":  {file, "restart: unless-stopped", "restarts: unless-stopped", "restarts false schema"},
		"a wrong type":               {file, "replicas: 2", "replicas: two", "replicas"},
		"a service that is not":      {file, "postgres: {condition: service_healthy}", "postgresql: {condition: service_healthy}", "undefined service"},
		"a secret that is not":       {file, "secrets: [grafana_password]", "secrets: [grafana]", "undefined secret"},
		"a network that is not":      {file, "networks: [default, data]", "networks: [default, date]", "undefined network"},
		"open to the world":          {file, "127.0.0.1:9090:9090", "9090:9090", "publishes 9090 beyond this machine"},
		"any version":                {file, "prom/prometheus:v3.15.1", "prom/prometheus:latest", "not pinned"},
		"a password in sight":        {file, "GF_SECURITY_ADMIN_PASSWORD__FILE: /run/secrets/grafana_password", "GF_SECURITY_ADMIN_PASSWORD: grafana", "does not come from a file"},
		"a file that is not":         {file, "./temporal:/setup:ro", "./temporall:/setup:ro", "no such file"},
		"a file to write to":         {file, "./temporal:/setup:ro", "./temporal:/setup", "can write to"},
		"no limits":                  {file, "limits: {cpus: \"0.5\", memory: 256M}", "limits: {cpus: \"0.5\"}", "has no limits"},
		"killed too soon":            {file, "stop_grace_period: 60s", "stop_grace_period: 10s", "killed before it can end"},
		"waits for a beginning":      {file, "prometheus: {condition: service_healthy}", "prometheus: {condition: service_started}", "to begin only"},
		"nobody knows whether it is": {file, "healthcheck:\n    test: [\"CMD\", \"/usr/bin/outreach\", \"health\"]", "healthcheck:\n    disable: true\n    test: [\"CMD\", \"/usr/bin/outreach\", \"health\"]", "nobody can tell"},
		"a name that must be given":  {"deploy/compose.tls.yaml", "SITE: ${SITE:?", "SITE: ${SITES:?", "SITES"},
	})
}

func TestFaultsOfTheDockerfileAreFound(t *testing.T) {
	t.Parallel()
	found(t, check{do: checkDockerfile}, map[string]fault{
		"none":                      {dockerfile, "FROM scratch", "FROM scratch", ""},
		"an instruction of no name": {dockerfile, "WORKDIR /outreach", "WORKDIRS /outreach", "unknown instruction"},
		"a stage of no name":        {dockerfile, "COPY --from=build /out", "COPY --from=built /out", "copies from built, which is no stage"},
		"a secret in an argument":   {dockerfile, "ARG REVISION=", "ARG API_TOKEN=", "SecretsUsedInArgOrEnv"},
		"a variable of no name":     {dockerfile, "$VERSION\" \\", "$VERSIONS\" \\", "UndefinedVar"},
		"a system below it":         {dockerfile, "FROM scratch", "FROM debian:12", "is made from debian:12"},
		"root":                      {dockerfile, "USER 65532:65532", "USER 0", "somebody else than"},
		"nobody asks how it is":     {dockerfile, "\"health\", \"--live\"", "\"version\"", "is not asked"},
		"no licence":                {dockerfile, "image.licenses", "image.license", "licenses is missing"},
	})
}

func TestFaultsOfTheGatewayAreFound(t *testing.T) {
	t.Parallel()
	const file = "deploy/caddy/Caddyfile"
	found(t, check{do: checkGateway}, map[string]fault{
		"none":                   {file, "admin off", "admin off", ""},
		"a word that is none":    {file, "lb_policy", "lb_policies", "lb_policies"},
		"a door too many":        {file, "/p/*\n\thandle", "/p/* /metrics\n\thandle", "lets [[/callbacks/ /metrics /p/ /u/ /v1/]] through"},
		"everything let through": {file, "@theirs path /v1/* /callbacks/* /u/* /p/*\n\thandle @theirs {", "handle {", "lets [[]] through"},
	})
}
