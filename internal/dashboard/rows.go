package dashboard

// per sums up what a counter gained in a second, by labels.
func per(labels, series string) string {
	return "sum by (" + labels + ") (rate(" + series + "[$__rate_interval]))"
}

// quantile gives a quantile of a histogram, by labels; which is as in 0.99.
func quantile(which, labels, buckets string) string {
	return "histogram_quantile(" + which + ", sum by (" + labels + ", le) (rate(" + buckets + "[$__rate_interval])))"
}

func customers() Row {
	return Row{"What customers get", []Panel{
		{
			Title: "Messages sent", Unit: PerSecond, Kind: Stacked, Runbooks: []string{"nothing-sent"},
			About:   "Messages that a provider took, by channel.",
			Queries: []Query{{per("channel", "outreach_sends_total{"+onBoth+"}"), "{{channel}}"}},
		},
		{
			Title: "Lateness", Unit: Seconds, Kind: Lines, Runbooks: []string{"messages-late"},
			About: "Sends against their planned instants: one in two, and one in a hundred, is later than this. Usual is under 2 s.",
			Queries: []Query{
				{quantile("0.99", "channel", "outreach_lateness_seconds_bucket{"+onBoth+"}"), "{{channel}}, 1 in 100"},
				{quantile("0.5", "channel", "outreach_lateness_seconds_bucket{"+onBoth+"}"), "{{channel}}, 1 in 2"},
			},
		},
		{
			Title: "Not sent, by reason", Unit: PerSecond, Kind: Stacked, Runbooks: []string{"messages-too-late", "deliveries-fail"},
			About:   "Why messages did not go out: the same words as in outreach explain. no_consent, capped and unless are the rules at work; late, unavailable, misconfigured and template_error are not.",
			Queries: []Query{{per("reason", "outreach_not_sent_total{"+onBoth+"}"), "{{reason}}"}},
		},
		{
			Title: "Delivery reports", Unit: PerSecond, Kind: Stacked, Runbooks: []string{"deliveries-fail"},
			About:   "What providers told later: that messages arrived, and that they did not.",
			Queries: []Query{{per("channel, outcome", "outreach_deliveries_total{"+onBoth+"}"), "{{channel}} {{outcome}}"}},
		},
		{
			Title: "Matches", Unit: PerSecond, Kind: Stacked,
			About:   "Customers for whom a rule's trigger held: entered, or why not.",
			Queries: []Query{{per("outcome", "outreach_matches_total{"+onInstance+"}"), "{{outcome}}"}},
		},
		{
			Title: "Outreaches started, messages planned", Unit: PerSecond, Kind: Lines,
			About: "What is to lead to messages: outreaches as they start, and instants as they are planned.",
			Queries: []Query{
				{"sum(rate(outreach_outreaches_started_total{" + onInstance + "}[$__rate_interval]))", "outreaches started"},
				{per("channel", "outreach_plans_total{"+onBoth+"}"), "planned for {{channel}}"},
			},
		},
	}}
}

func waiting() Row {
	return Row{"What waits", []Panel{
		{
			Title: "Backlog", Unit: Count, Kind: Lines, Runbooks: []string{"backlog-old", "matches-wait", "nothing-sent"},
			About:   "Rows that wait for the engine: matches to start, hints to deliver, due times to check, and outreaches whose instant has passed.",
			Queries: []Query{{"max by (what) (outreach_backlog)", "{{what}}"}},
		},
		{
			Title: "The oldest of the backlog", Unit: Seconds, Kind: Lines, Runbooks: []string{"backlog-old", "matches-wait"},
			About:   "For how long the oldest row has waited. Seconds are usual; matched may wait longer after a rule that matched many at once.",
			Queries: []Query{{"max by (what) (outreach_backlog_oldest_seconds)", "{{what}}"}},
		},
		{
			Title: "Outreaches under way", Unit: Count, Kind: Lines,
			About:   "Outreaches that have not ended: matched and not started yet, or open.",
			Queries: []Query{{"max by (status) (outreach_outreaches)", "{{status}}"}},
		},
		{
			Title: "Holds in force", Unit: Count, Kind: Lines, Runbooks: []string{"held-by-provider", "held-long"},
			About: "What is paused: by the operator, or because a provider refuses us. And what a provider asked to wait with.",
			Queries: []Query{
				{"max by (kind, name, by) (outreach_holds)", "{{kind}} {{name}}, by {{by}}"},
				{"max(outreach_waiting_scopes)", "asked to wait with"},
			},
		},
		{
			Title: "Messages planned", Unit: Count, Kind: Lines,
			About:   "Messages that stand in the store to go out, and those that wait for a place in the caps.",
			Queries: []Query{{`max by (status) (outreach_messages{status=~"planned|queued|sending"})`, "{{status}}"}},
		},
		{
			Title: "Rules", Unit: Count, Kind: Lines, Runbooks: []string{"warming-stuck"},
			About: "Rules in force, and how many of them still read customers' histories.",
			Queries: []Query{
				{"max(outreach_rules)", "in force"},
				{"max(outreach_rules_warming)", "warming"},
			},
		},
	}}
}

func providers() Row {
	return Row{"Providers", []Panel{
		{
			Title: "Calls, by what they answered", Unit: PerSecond, Kind: Stacked, Runbooks: []string{"provider-errors", "provider-rejects"},
			About:   "Attempts handed to providers. taken and delivered are good; rejected and bad_address are about a message; the rest is about the provider.",
			Queries: []Query{{per("provider, outcome", "outreach_provider_calls_total{"+onInstance+"}"), "{{provider}} {{outcome}}"}},
		},
		{
			Title: "Share of calls in trouble", Unit: Share, Kind: Lines, Runbooks: []string{"provider-errors", "throttled"},
			About: "Calls that were unavailable, ambiguous or misconfigured, and calls that were throttled, of all in 10 minutes.",
			Queries: []Query{
				{"provider:outreach_provider_calls:trouble_ratio10m", "{{provider}} trouble"},
				{"provider:outreach_provider_calls:throttled_ratio10m", "{{provider}} throttled"},
			},
		},
		{
			Title: "How long calls take", Unit: Seconds, Kind: Lines, Runbooks: []string{"provider-slow"},
			About: "One in two, and one in twenty, takes longer than this. Past --call-timeout a message is in doubt.",
			Queries: []Query{
				{quantile("0.95", "provider", "outreach_provider_call_seconds_bucket{"+onInstance+"}"), "{{provider}}, 1 in 20"},
				{quantile("0.5", "provider", "outreach_provider_call_seconds_bucket{"+onInstance+"}"), "{{provider}}, 1 in 2"},
			},
		},
		{
			Title: "Callbacks", Unit: PerSecond, Kind: Stacked, Runbooks: []string{"forged-callbacks", "callbacks-refused"},
			About:   "What providers told us, by what became of it.",
			Queries: []Query{{per("provider, outcome", "outreach_callbacks_total{"+onInstance+"}"), "{{provider}} {{outcome}}"}},
		},
		{
			Title: "Messages in doubt", Unit: Count, Kind: Lines, Runbooks: []string{"messages-in-doubt", "messages-unknown"},
			About:   "ambiguous: the engine asks whether they went out. unknown: a person has to say.",
			Queries: []Query{{"max by (status) (outreach_messages_in_doubt)", "{{status}}"}},
		},
		{
			Title: "The oldest in doubt", Unit: Seconds, Kind: Lines, Runbooks: []string{"messages-in-doubt", "messages-unknown"},
			About:   "For how long nobody has known of the oldest.",
			Queries: []Query{{"max by (status) (outreach_messages_in_doubt_oldest_seconds)", "{{status}}"}},
		},
	}}
}

func intake() Row {
	return Row{"Intake", []Panel{
		{
			Title: "Events in", Unit: PerSecond, Kind: Stacked, Runbooks: []string{"no-events", "intake-rejects"},
			About:   "Events, by the way they came and what became of them.",
			Queries: []Query{{per("via, outcome", "outreach_events_total{"+onInstance+"}"), "{{via}} {{outcome}}"}},
		},
		{
			Title: "How long requests take", Unit: Seconds, Kind: Lines, Runbooks: []string{"intake-slow"},
			About:   "One in a hundred requests of a route takes longer than this.",
			Queries: []Query{{quantile("0.99", "route", "outreach_http_seconds_bucket{"+onInstance+"}"), "{{route}}"}},
		},
		{
			Title: "Answers", Unit: PerSecond, Kind: Stacked, Runbooks: []string{"intake-fails"},
			About:   "Requests by route and kind of answer. After a 5xx nothing was kept, and the sender has to come again.",
			Queries: []Query{{per("route, code", "outreach_http_seconds_count{"+onInstance+"}"), "{{route}} {{code}}"}},
		},
		{
			Title: "Refused since the beginning", Unit: Count, Kind: Number, Runbooks: []string{"intake-rejects"},
			About:   "All that was refused on the way in and is kept: outreach rejected lists it.",
			Queries: []Query{{"max(outreach_rejected_total)", "refused"}},
		},
	}}
}
