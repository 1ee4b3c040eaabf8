package app

// Eyes are the settings of what operators see of a process.
type Eyes struct {
	Admin      string // host:port of health, figures and profiles; "off" for none
	Log        string // text, json
	LogLevel   string // debug, info, warn, error
	Trace      string // OTLP/HTTP endpoint of traces; "": none are made
	TraceShare string // share of traces kept, 0 to 1
}

func defaultEyes() Eyes {
	return Eyes{Admin: "127.0.0.1:8081", Log: "text", LogLevel: "info", TraceShare: "1"}
}

// settings lists them as Options.Settings does.
func (e *Eyes) settings() []Setting {
	return []Setting{
		{Flag: "admin", Env: "OUTREACH_ADMIN", Value: &e.Admin, Help: "host:port of /live, /ready, /metrics and /debug/pprof, for operators alone; off: none"},
		{Flag: "log", Env: "OUTREACH_LOG", Value: &e.Log, Help: "how the log is written: text or json"},
		{Flag: "log-level", Env: "OUTREACH_LOG_LEVEL", Value: &e.LogLevel, Help: "what the log holds: debug, info, warn or error, and what is graver"},
		{Flag: "trace", Env: "OUTREACH_TRACE", Value: &e.Trace, Help: "URL of a collector that takes OpenTelemetry traces by OTLP/HTTP, such as http://127.0.0.1:4318; empty: none are made"},
		{Flag: "trace-share", Env: "OUTREACH_TRACE_SHARE", Value: &e.TraceShare, Help: "share of the traces that are kept, from 0 to 1; the same ones in every process"},
	}
}
