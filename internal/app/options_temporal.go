package app

// temporalSettings are those of the way to Temporal.
func (o *Options) temporalSettings() []Setting {
	return []Setting{
		{Flag: "temporal-address", Env: "OUTREACH_TEMPORAL_ADDRESS", Value: &o.TemporalAddress, Help: "host:port of Temporal's frontend"},
		{Flag: "temporal-namespace", Env: "OUTREACH_TEMPORAL_NAMESPACE", Value: &o.TemporalNamespace, Help: "Temporal namespace"},
		{Flag: "temporal-tls", Env: "OUTREACH_TEMPORAL_TLS", Value: &o.TemporalTLS, Help: "on or off: speak TLS to Temporal; empty: on when a certificate, an authority or an API key is given, and to Temporal Cloud"},
		{Flag: "temporal-server-name", Env: "OUTREACH_TEMPORAL_SERVER_NAME", Value: &o.TemporalServerName, Help: "name that Temporal's certificate must carry; empty: the host of its address"},
		{Flag: "temporal-cert", Env: "OUTREACH_TEMPORAL_CERT", Value: &o.TemporalCert, Help: "file of the client certificate for Temporal, read again when it changes"},
		{Flag: "temporal-key", Env: "OUTREACH_TEMPORAL_KEY", Value: &o.TemporalKey, Help: "file of the client certificate's key"},
		{Flag: "temporal-ca", Env: "OUTREACH_TEMPORAL_CA", Value: &o.TemporalCA, Help: "file of the authority that signed Temporal's certificate"},
		{Flag: "temporal-fairness", Env: "OUTREACH_TEMPORAL_FAIRNESS", Value: &o.TemporalFairness, Help: "on or off; on: rules share Temporal's queues fairly, where the server offers it"},
		{Env: "OUTREACH_TEMPORAL_API_KEY", Secret: true, Value: &o.TemporalAPIKey, File: &o.TemporalAPIKeyFile, Help: "API key for a hosted Temporal; from a file, it is read again when the file changes"},
	}
}
