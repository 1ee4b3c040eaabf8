package task_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/task"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func happened(minutes int, name string, properties ...string) customer.Event {
	e := customer.Event{Name: name, At: monday.Add(time.Duration(minutes) * time.Minute), Properties: map[string]customer.Value{}}
	for i := 0; i < len(properties); i += 2 {
		e.Properties[properties[i]] = customer.Text(properties[i+1])
	}
	return e
}

func TestText(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	whole := task.Task{
		Key: "usage-limit.c1.1.handoff-3.handoff", Team: "care-calls", Rule: "usage-limit", Description: "Warn before data runs out.",
		Customer: "u-1001", About: "line_id 7", Why: "used 12,400 of 15,000 (83 %)", Match: map[string]customer.Value{"used": customer.Number(12400)},
		Due: monday.AddDate(0, 0, 2), Zone: zone,
		Story: task.Story([]customer.Event{
			happened(0, "data_session"), happened(10, customer.MessageSent), happened(20, customer.MessageOpened, "template", "warning"),
			happened(30, customer.MessageClicked, "template", "warning"), happened(40, customer.MessageReplied, "template", "warning", "text", "Call me"),
			happened(50, customer.Identified), happened(60, customer.MessageFailed),
		}, []ledger.Part{
			{Template: "warning", Channel: customer.SMS, Status: ledger.Accepted, Sent: monday.Add(10 * time.Minute)},
			{Template: "later", Channel: customer.SMS, Status: ledger.Planned},
			{Template: "coupon", Channel: customer.Webhook, Status: ledger.Accepted, Sent: monday},
		}),
	}
	require.Equal(t, "Task for care-calls: usage-limit, customer u-1001", whole.Subject())
	require.Equal(t, `Customer: u-1001
Why: Warn before data runs out.
Reason: used 12,400 of 15,000 (83 %)
About: line_id 7
By: Wed 25 Nov 2026 10:00 (Europe/Berlin)

What was sent, and what they did since:
- Mon 23 Nov 2026 10:00: data_session
- Mon 23 Nov 2026 10:10: sent warning by SMS
- Mon 23 Nov 2026 10:20: opened warning
- Mon 23 Nov 2026 10:30: clicked in warning
- Mon 23 Nov 2026 10:40: replied to warning: Call me
- Mon 23 Nov 2026 11:00: a message did not arrive

Task: usage-limit.c1.1.handoff-3.handoff
When it is done, send the event handoff_done for this customer, with the line above as task
and what came of it as result.
`, whole.Text())
	bare := task.Task{Key: "a.c1.1.b.handoff", Team: "care", Rule: "a", Description: "A.", Zone: zone}
	require.Equal(t, "Task for care: a", bare.Subject())
	require.Equal(t, `Customer: not identified yet
Why: A.

What was sent, and what they did since:
- nothing yet

Task: a.c1.1.b.handoff
When it is done, send the event handoff_done for this customer, with the line above as task
and what came of it as result.
`, bare.Text())
	bare.Story = task.Story(nil, nil)
	text, err := json.Marshal(bare)
	require.NoError(t, err)
	require.JSONEq(t, `{"key":"a.c1.1.b.handoff","team":"care","rule":"a","description":"A.","story":[]}`, string(text))
}

func TestAStoryIsBounded(t *testing.T) {
	t.Parallel()
	var events []customer.Event
	for i := range 100 {
		events = append(events, happened(i, fmt.Sprint("e", i)))
	}
	story := task.Story(events, nil)
	require.Len(t, story, 30)
	require.Equal(t, "e99", story[29].Text)
}
