package customer

// Reason is one word of the closed list of why something did not go out, was
// not entered, or ended. The same words stand in the ledger, logs, metrics,
// tests and explain.
type Reason string

// Why a match was not entered.
const (
	NotFresh       Reason = "not_fresh"       // the reason is older than the rule's fresh
	AlreadyRunning Reason = "already_running" // an outreach of this rule (and about) is open
	NotAgain       Reason = "not_again"       // the rule's again is not over
	NotInAudience  Reason = "not_in_audience"
	HeldOut        Reason = "held_out"
)

// Why a message did not go out, or a whole outreach could not.
const (
	NoConsent     Reason = "no_consent"
	Suppressed    Reason = "suppressed"
	NoAddress     Reason = "no_address"
	Capped        Reason = "capped"
	Unless        Reason = "unless" // the send's own unless came
	Late          Reason = "late"   // its within ran out
	NoAllowedTime Reason = "no_allowed_time"
	Rejected      Reason = "rejected"       // the provider said no for good
	BadAddress    Reason = "bad_address"    // the provider does not know the address
	Unknown       Reason = "unknown"        // nobody can know whether it went out
	Undelivered   Reason = "undelivered"    // a provider took it, and it did not arrive
	Unconfirmed   Reason = "unconfirmed"    // no word that it arrived came in time: another channel takes its place
	NotSent       Reason = "not_sent"       // a person found out that it did not go out
	Repeated      Reason = "repeated"       // nobody knows whether it, or an earlier one, went out: a person has that sent again
	TemplateError Reason = "template_error" // the text could not be written for this customer
	Paused        Reason = "paused"         // a hold
	QuietHours    Reason = "quiet_hours"
	LegalHours    Reason = "legal_hours"
	Misconfigured Reason = "misconfigured" // the provider refuses the engine's account or set-up
	Unavailable   Reason = "unavailable"   // the provider is down
	Throttled     Reason = "throttled"     // the provider asks for patience
	Migrated      Reason = "migrated"      // its outreach goes on by another version of the rule
)

// Why an outreach ended.
const (
	Completed     Reason = "completed"
	ReasonGone    Reason = "reason_gone"
	AudienceGone  Reason = "audience_gone"
	GoalReached   Reason = "goal_reached"
	Stop          Reason = "stop"      // the rule's stop came
	StopStep      Reason = "stop_step" // a stop step was reached
	Expired       Reason = "expired"   // the rule's until passed
	StoppedByUs   Reason = "stopped_by_operator"
	RuleRemoved   Reason = "rule_removed"
	Merged        Reason = "merged"         // the customer turned out to be another one
	WebhookFailed Reason = "webhook_failed" // a webhook did not answer in time, or said no
	Superseded    Reason = "superseded"     // a newer outreach of the rule took its place
)

// Reasons lists the whole closed list, in the order above.
func Reasons() []Reason {
	return []Reason{
		NotFresh, AlreadyRunning, NotAgain, NotInAudience, HeldOut,
		NoConsent, Suppressed, NoAddress, Capped, Unless, Late, NoAllowedTime,
		Rejected, BadAddress, Unknown, Undelivered, Unconfirmed, NotSent, Repeated, TemplateError, Paused, QuietHours, LegalHours,
		Misconfigured, Unavailable, Throttled, Migrated,
		Completed, ReasonGone, AudienceGone, GoalReached, Stop, StopStep, Expired, StoppedByUs, RuleRemoved, Merged,
		WebhookFailed, Superseded,
	}
}
