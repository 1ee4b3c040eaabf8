package sendgrid

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
)

// shownGroups is how many groups SendGrid's preference page takes.
const shownGroups = 25

// ParseGroups reads unsubscribe groups written as topic=id, apart by commas:
// "tips=1234, offers=5678". "" is none. The error names the first wrong one.
func ParseGroups(text string) (map[customer.Topic]int, error) {
	groups := map[customer.Topic]int{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, number, _ := strings.Cut(pair, "=")
		topic := customer.Topic(strings.TrimSpace(name))
		id, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil || topic == "" {
			return nil, fmt.Errorf("groups: %q is not topic=id; write them like tips=1234,offers=5678", strings.TrimSpace(pair))
		}
		if _, twice := groups[topic]; twice {
			return nil, fmt.Errorf("groups: topic %s stands there twice; leave one", topic)
		}
		groups[topic] = id
	}
	return groups, checkGroups(groups)
}

// checkGroups holds that a group's number names one topic, as an event has
// nothing else to go by.
func checkGroups(groups map[customer.Topic]int) error {
	var errs []error
	topics := map[int]customer.Topic{}
	for _, topic := range slices.Sorted(maps.Keys(groups)) {
		id := groups[topic]
		if id <= 0 {
			errs = append(errs, fmt.Errorf("groups: %s=%d is no group; copy its number from SendGrid", topic, id))
		}
		if other, twice := topics[id]; twice {
			errs = append(errs, fmt.Errorf("groups: %s and %s have the same group %d; give each topic its own", other, topic, id))
		}
		topics[id] = topic
	}
	return errors.Join(errs...)
}

// shown gives the groups on SendGrid's preference page: the mail's own first,
// then the others by number, as many as the page takes.
func shown(groups map[customer.Topic]int, own int) []int {
	others := slices.DeleteFunc(slices.Sorted(maps.Values(groups)), func(id int) bool { return id == own })
	ids := append([]int{own}, others...)
	return ids[:min(len(ids), shownGroups)]
}

// topicOf gives a group's topic; "" when no topic has it.
func topicOf(groups map[customer.Topic]int, id int) customer.Topic {
	for topic, group := range groups {
		if group == id {
			return topic
		}
	}
	return ""
}
