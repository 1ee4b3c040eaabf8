package wording

import "github.com/outreach-engine/outreach/internal/customer"

// Reason says in words why something did not go out, was not entered or
// ended. A word that is not in customer.Reasons stays as it is.
func Reason(r customer.Reason) string {
	switch r {
	case customer.NotFresh:
		return "the reason was too old when it was first seen"
	case customer.AlreadyRunning:
		return "an outreach of this rule is under way"
	case customer.NotAgain:
		return "it is too early to reach out again"
	case customer.NotInAudience:
		return "the customer is not in the rule's audience"
	case customer.HeldOut:
		return "the customer is in the holdout, for comparison"
	case customer.NoConsent:
		return "no consent for this topic"
	case customer.Suppressed:
		return "the address must not be used: a STOP, an unsubscribe or a complaint"
	case customer.NoAddress:
		return "no address that a text could go to"
	case customer.Capped:
		return "the customer has enough messages already"
	case customer.Unless:
		return "its unless came"
	case customer.Late:
		return "its time ran out"
	case customer.NoAllowedTime:
		return "no allowed time is left for it"
	}
	return fate(r)
}

// fate says what providers and holds do to messages.
func fate(r customer.Reason) string {
	switch r {
	case customer.Rejected:
		return "the provider refused it for good"
	case customer.BadAddress:
		return "the provider does not know the address"
	case customer.Unknown:
		return "nobody can know whether it went out"
	case customer.Undelivered:
		return "its provider took it, and could not deliver it"
	case customer.Unconfirmed:
		return "no word that it arrived came in time"
	case customer.NotSent:
		return "it did not go out, as a person found"
	case customer.Repeated:
		return "a person has one sent again of which nobody knows whether it went out"
	case customer.TemplateError:
		return "the text could not be written for this customer"
	case customer.Paused:
		return "paused by a hold"
	case customer.QuietHours:
		return "quiet hours"
	case customer.LegalHours:
		return "hours that the law closes"
	case customer.Misconfigured:
		return "the provider refuses the account or its set-up"
	case customer.Unavailable:
		return "the provider is down"
	case customer.Throttled:
		return "the provider asks for patience"
	case customer.Migrated:
		return "its outreach was moved to another version of the rule"
	}
	return end(r)
}

// end says why outreaches end.
func end(r customer.Reason) string {
	switch r {
	case customer.Completed:
		return "all steps are done"
	case customer.ReasonGone:
		return "the reason is gone"
	case customer.AudienceGone:
		return "the customer left the rule's audience"
	case customer.GoalReached:
		return "the goal was reached"
	case customer.Stop:
		return "the rule's stop came"
	case customer.StopStep:
		return "a stop step was reached"
	case customer.Expired:
		return "the rule's until passed"
	case customer.StoppedByUs:
		return "stopped by an operator"
	case customer.RuleRemoved:
		return "the rule was removed"
	case customer.Superseded:
		return "a newer outreach of the rule took its place"
	case customer.Merged:
		return "the customer turned out to be another one"
	case customer.WebhookFailed:
		return "a webhook did not answer in time, or said no"
	}
	return string(r)
}

// Suppression says in words why an address must not be used. Another word
// stays as it is.
func Suppression(reason string) string {
	switch reason {
	case customer.StopReply:
		return "the customer replied STOP"
	case customer.Unsubscribed:
		return "the customer unsubscribed"
	case customer.Complaint:
		return "the customer complained"
	case customer.Bounced:
		return "its provider says that nothing arrives there"
	case customer.Unregistered:
		return "the app was removed, or the browser forgot us"
	case customer.NoAddressAt:
		return fate(customer.BadAddress)
	case customer.Blocked:
		return "an operator keeps it from use"
	}
	return reason
}

// How says in words how a customer's word, or a provider's about an address,
// came in. Another word stays as it is.
func How(how string) string {
	switch how {
	case customer.BySMS:
		return "a reply"
	case customer.ByLink:
		return "the link in a message"
	case customer.ByOneClick:
		return "the mail program's own button"
	case customer.ByPage:
		return "the preference page"
	case customer.ByEvent:
		return "the company's own systems"
	case customer.ByBounce:
		return "a bounce"
	case customer.ByComplaint:
		return "a complaint"
	case customer.ByProvider:
		return "its provider"
	case customer.ByOperator:
		return "an operator"
	case customer.ByValidation:
		return "the engine's own check"
	}
	return how
}
