{{- define "outreach.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "outreach.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* What a role's objects select by: never changes between versions. */}}
{{- define "outreach.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "outreach.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "outreach.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "outreach.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- /* The roles of this release, as a JSON list. */}}
{{- define "outreach.roles" -}}
{{- if eq .Values.mode "all" }}["all"]{{ else }}["intake","worker"]{{ end }}
{{- end }}

{{- /* The role that serves customers' HTTP. */}}
{{- define "outreach.front" -}}
{{- if eq .Values.mode "all" }}all{{ else }}intake{{ end }}
{{- end }}

{{- /* The names of the secrets that there are, as a JSON list. */}}
{{- define "outreach.secretNames" -}}
{{- if .Values.secrets.existing }}{{ .Values.secrets.names | sortAlpha | toJson }}{{ else }}{{ keys .Values.secrets.create | sortAlpha | toJson }}{{ end }}
{{- end }}

{{- /* Settings that are no secrets and the same for every role. */}}
{{- define "outreach.settings" -}}
OUTREACH_HTTP: "0.0.0.0:8080"
OUTREACH_ADMIN: "0.0.0.0:8081"
OUTREACH_RULES: ""
OUTREACH_LOG: json
OUTREACH_CALL_TIMEOUT: {{ printf "%ds" (int .Values.callTimeoutSeconds) | quote }}
OUTREACH_TEMPORAL_ADDRESS: {{ .Values.temporal.address | quote }}
OUTREACH_TEMPORAL_NAMESPACE: {{ .Values.temporal.namespace | quote }}
{{- if .Values.temporal.tls }}
OUTREACH_TEMPORAL_TLS: "on"
{{- end }}
{{- if .Values.temporal.certificates.secret }}
{{- if .Values.temporal.certificates.client }}
OUTREACH_TEMPORAL_CERT: /run/temporal/tls.crt
OUTREACH_TEMPORAL_KEY: /run/temporal/tls.key
{{- end }}
{{- if .Values.temporal.certificates.authority }}
OUTREACH_TEMPORAL_CA: /run/temporal/ca.crt
{{- end }}
{{- end }}
{{- with .Values.publicURL }}
OUTREACH_PUBLIC_URL: {{ . | quote }}
{{- end }}
{{- range $name, $value := .Values.config }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{- /* Each secret as a file, named by its variable. */}}
{{- define "outreach.secretEnv" -}}
{{- range include "outreach.secretNames" . | fromJsonArray }}
- name: {{ . }}_FILE
  value: /run/secrets/outreach/{{ . }}
{{- end }}
{{- end }}

{{- define "outreach.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "outreach.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
