//go:build unix

package cluster

import (
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/crowd"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/store/postgres"
)

// A crowd's rules: one that reaches a tenth of it at once, one that is urgent,
// and those that mention nothing that happens.
const (
	crowdRules  = 1000
	crowdEvents = 30
	regions     = 10
)

const outageRule = `description: Tell a region that the network is down there.
owner: cluster@example.com
topic: service
about: region
when: {event: outage_started}
steps:
  - {id: first, send: shipped, channel: sms, at: now, within: 12h}
`

const alarmRule = `description: Tell one customer at once.
owner: cluster@example.com
topic: urgent
when: {event: alarm_rang}
again: always
steps:
  - {id: first, send: shipped, channel: sms, at: now}
`

const crowdPolicy = `zone: UTC
country: US
channels: [sms]
quiet: none # at any time of day the figures are the same
topics:
  service: {consent: assumed}
  urgent: {consent: assumed, urgent: yes}
learning: {hours: no, channels: no}
unknown: {sms: hold}
`

// crowdHouse gives the rules and templates that a crowd lives by.
func crowdHouse() bundle.Files {
	files := bundle.Files{
		Rules:     map[string][]byte{"outage.yaml": []byte(outageRule), "alarm.yaml": []byte(alarmRule), bundle.PolicyFile: []byte(crowdPolicy)},
		Templates: map[string][]byte{"shipped/sms.txt": []byte("News of your network.")},
	}
	data := "traits:\n  region: id\nevents:\n  app_opened: {}\n  outage_started: {by: us, region: id}\n  alarm_rang: {by: us}\n"
	for i := range crowdRules - 2 {
		data += fmt.Sprintf("  never_%d: {}\n", i)
		files.Rules[fmt.Sprintf("rule-%d.yaml", i)] = fmt.Appendf(nil,
			"description: Stranger.\nowner: a@example.com\ntopic: service\nwhen: {event: never_%d}\nsteps: [{send: shipped}]\n", i)
	}
	files.Rules[bundle.DataFile] = []byte(data)
	return files
}

// region names one of the regions that the crowd lives in.
func region(i int) string { return "region-" + strconv.Itoa(i%regions) }

// fill writes the crowd, unless an earlier run left it there.
func (c *cluster) fill(store string) error {
	there, err := c.countCrowd(store)
	if err != nil || there >= c.Crowd {
		return err
	}
	began := time.Now()
	err = crowd.Fill(c.ctx, store, crowd.Options{
		Customers: c.Crowd, Events: crowdEvents - 1, Rules: crowdHouse(), Now: time.Now(), Names: []string{"app_opened"},
		Traits: func(i int) map[string]customer.Value {
			return map[string]customer.Value{"region": customer.Text(region(i))}
		},
	}, func(n int) {
		const step = 100_000
		if n%step == 0 {
			c.say("%d customers written after %s", n, time.Since(began).Round(time.Second))
		}
	})
	if err == nil {
		c.say("a crowd of %d customers with %d events each is there after %s", c.Crowd, crowdEvents, time.Since(began).Round(time.Second))
	}
	return err
}

func (c *cluster) countCrowd(store string) (n int, err error) {
	s, err := postgres.Open(c.ctx, store, postgres.Options{})
	if err != nil {
		return 0, err
	}
	if err := s.Close(); err != nil {
		return 0, err
	}
	err = c.ask(store, "SELECT count(*) FROM outreach.customers", &n)
	return n, err
}

// ask asks the store for one row.
func (c *cluster) ask(store, sql string, into ...any) error {
	conn, err := pgx.Connect(c.ctx, store)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(c.ctx) }()
	return conn.QueryRow(c.ctx, sql).Scan(into...)
}
