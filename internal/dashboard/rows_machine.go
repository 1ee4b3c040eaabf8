package dashboard

func store() Row {
	return Row{"Store", []Panel{
		{
			Title: "How long writes take", Unit: Seconds, Kind: Lines, Runbooks: []string{"store-slow"},
			About: "One in two, and one in a hundred, takes longer than this: gate is sending, intake is events. Waiting for the writer is part of it.",
			Queries: []Query{
				{quantile("0.99", "lane", "outreach_store_write_seconds_bucket{"+onInstance+"}"), "{{lane}}, 1 in 100"},
				{quantile("0.5", "lane", "outreach_store_write_seconds_bucket{"+onInstance+"}"), "{{lane}}, 1 in 2"},
			},
		},
		{
			Title: "Writes", Unit: PerSecond, Kind: Lines,
			About:   "Writes that were asked for. Many of them share one commit.",
			Queries: []Query{{per("lane", "outreach_store_write_seconds_count{"+onInstance+"}"), "{{lane}}"}},
		},
		{
			Title: "Writes that wait", Unit: Count, Kind: Lines, Runbooks: []string{"store-slow"},
			About:   "Writes that stand in line for a process's writer.",
			Queries: []Query{{"max by (instance, lane) (outreach_store_waiting{" + onInstance + "})", "{{instance}} {{lane}}"}},
		},
		{
			Title: "Repeated transactions", Unit: PerSecond, Kind: Stacked, Runbooks: []string{"store-slow"},
			About:   "Transactions that were done again, by why: deadlocks and conflicts between processes, or a connection that broke.",
			Queries: []Query{{per("why", "outreach_store_retries_total{"+onInstance+"}"), "{{why}}"}},
		},
	}}
}

func processes() Row {
	return Row{"Processes", []Panel{
		{
			Title: "Checks", Unit: Count, Kind: Lines, Runbooks: []string{"not-ready", "store-fails", "temporal-gone"},
			About:   "What readiness asks: 1 is well, 0 is not.",
			Queries: []Query{{"min by (instance, name) (outreach_check{" + onInstance + "})", "{{instance}} {{name}}"}},
		},
		{
			Title: "Processes that live", Unit: Count, Kind: Lines, Runbooks: []string{"process-missing", "down", "scrape-failed", "restarts"},
			About: "Processes that write to the store, by role; those that say they are ready; and those that Prometheus reaches.",
			Queries: []Query{
				{"max by (role) (outreach_processes)", "{{role}}"},
				{"sum(outreach_ready)", "ready"},
				{`sum(up{job="outreach"})`, "reached"},
			},
		},
		{
			Title: "Clocks", Unit: Seconds, Kind: Lines, Runbooks: []string{"clock-off"},
			About:   "By how much a process's clock is away from the store's. From 30 s on it takes no work.",
			Queries: []Query{{"max by (instance) (outreach_clock_off_seconds{" + onInstance + "})", "{{instance}}"}},
		},
		{
			Title: "Work that can wait", Unit: Count, Kind: Lines,
			About: "How many times as long as at best it takes to take events in, and which part of its time a process gives to work that can wait: it falls when intake or what is due suffers.",
			Queries: []Query{
				{"max by (instance) (outreach_intake_slowed_ratio{" + onInstance + "})", "{{instance}} intake takes"},
				{"max by (instance, work) (outreach_share{" + onInstance + "})", "{{instance}} {{work}}"},
			},
		},
		{
			Title: "CPU", Unit: Cores, Kind: Stacked,
			About:   "Cores that are busy.",
			Queries: []Query{{`sum by (instance) (rate(process_cpu_seconds_total{job="outreach",` + onInstance + `}[$__rate_interval]))`, "{{instance}}"}},
		},
		{
			Title: "Memory", Unit: Bytes, Kind: Lines,
			About: "What a process has of the machine's memory, and what of it Go's heap uses.",
			Queries: []Query{
				{`max by (instance) (process_resident_memory_bytes{job="outreach",` + onInstance + `})`, "{{instance}}"},
				{`max by (instance) (go_memstats_heap_inuse_bytes{job="outreach",` + onInstance + `})`, "{{instance}} heap"},
			},
		},
		{
			Title: "Goroutines", Unit: Count, Kind: Lines,
			About:   "A process keeps up to 10,000 open outreaches at hand, with a goroutine or two each. A number that grows beyond that is a leak.",
			Queries: []Query{{`max by (instance) (go_goroutines{job="outreach",` + onInstance + `})`, "{{instance}}"}},
		},
		{
			Title: "Versions", Unit: Count, Kind: Lines,
			About:   "Processes by version: two of them during a rolling update only.",
			Queries: []Query{{"count by (version) (outreach_build_info)", "{{version}}"}},
		},
	}}
}
