package ledger

import "slices"

// Word is what is learned of a message part that reaches a customer. Together
// with the part's status it says what becomes of it: Protocol lists every step.
type Word string

// What is learned.
const (
	Begun      Word = "begun"       // the gate let an attempt begin, and wrote its lease
	Taken      Word = "taken"       // its provider took it
	Refused    Word = "refused"     // its provider will never take it
	NotNow     Word = "not_now"     // not taken, and may be later
	NoAnswer   Word = "no_answer"   // nobody knows: no clear answer came, or the lease ran out
	Absent     Word = "absent"      // its provider was asked in time, and has no such message
	SendAgain  Word = "send_again"  // a repeat does no harm, or the policy or a person wants one
	Forgone    Word = "forgone"     // asked for as long as the policy says, and nobody knows
	Arrived    Word = "arrived"     // it reached the customer
	NotArrived Word = "not_arrived" // taken, and it will not reach the customer
	GivenUp    Word = "given_up"    // it is wanted no more
)

// Transition is one step of the protocol: a part of a status, of which a word
// is learned, becomes one of another status.
type Transition struct {
	From PartStatus
	Word Word
	To   PartStatus
	// Crash says what a process that dies right after this step leaves, and who
	// takes it up.
	Crash string
}

// What processes that die leave behind.
const (
	crashWaits   = "the row waits; its workflow, or the sweep, goes on from it"
	crashSending = "a lease that runs out: the attempt is ambiguous from then on, whether the call was made or not"
	crashAsked   = "the row waits to be asked for; any process asks"
	crashSettled = "nothing to do: the outreach is hinted in the same commit"
)

// Protocol lists every transition. A word that has none here leaves a part as
// it is: it was learned before, or something surer was. No transition leaves
// Delivered, and none leads from Accepted or Delivered to an attempt.
func Protocol() []Transition { return slices.Clone(protocol[:]) }

var protocol = [...]Transition{
	{Planned, Begun, Sending, crashSending},
	{Planned, GivenUp, Withdrawn, crashSettled},

	{Sending, Taken, Accepted, crashSettled},
	{Sending, Refused, Rejected, crashSettled},
	{Sending, NotNow, Planned, crashWaits},
	{Sending, NoAnswer, Ambiguous, crashAsked},
	{Sending, Arrived, Delivered, crashSettled},
	{Sending, NotArrived, Failed, crashSettled},

	{Ambiguous, Taken, Accepted, crashSettled},
	{Ambiguous, Refused, Rejected, crashSettled},
	{Ambiguous, NotNow, Planned, crashWaits},
	{Ambiguous, Absent, Planned, crashWaits},
	{Ambiguous, SendAgain, Planned, crashWaits},
	{Ambiguous, Forgone, Unknown, crashSettled},
	{Ambiguous, Arrived, Delivered, crashSettled},
	{Ambiguous, NotArrived, Failed, crashSettled},
	{Ambiguous, GivenUp, Withdrawn, crashSettled},

	{Unknown, Taken, Accepted, crashSettled},
	{Unknown, Refused, Rejected, crashSettled},
	{Unknown, NotNow, Withdrawn, crashSettled},
	{Unknown, SendAgain, Planned, crashWaits},
	{Unknown, Arrived, Delivered, crashSettled},
	{Unknown, NotArrived, Failed, crashSettled},
	{Unknown, GivenUp, Withdrawn, crashSettled},

	{Accepted, Arrived, Delivered, crashSettled},
	{Accepted, NotArrived, Failed, crashSettled},
	{Failed, Arrived, Delivered, crashSettled},

	// A provider said that it did not take a message, and it did.
	{Planned, Taken, Accepted, crashSettled},
	{Planned, Arrived, Delivered, crashSettled},
	{Planned, NotArrived, Failed, crashSettled},
	{Queued, Taken, Accepted, crashSettled},
	{Queued, Arrived, Delivered, crashSettled},
	{Queued, NotArrived, Failed, crashSettled},
	{Rejected, Taken, Accepted, crashSettled},
	{Rejected, Arrived, Delivered, crashSettled},
	{Rejected, NotArrived, Failed, crashSettled},
	{Withdrawn, Taken, Accepted, crashSettled},
	{Withdrawn, Arrived, Delivered, crashSettled},
	{Withdrawn, NotArrived, Failed, crashSettled},
}

// After gives what becomes of a part of a status when a word is learned; ok is
// false when the word changes nothing.
func (s PartStatus) After(w Word) (to PartStatus, ok bool) {
	for _, t := range protocol {
		if t.From == s && t.Word == w {
			return t.To, true
		}
	}
	return s, false
}
