package backtest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// render plays the groups of the drawn messages again, and renders them: texts
// are written for those that are shown, not for all.
func (t *theatre) render(ctx context.Context, drawn map[kindOfMessage][]sample) ([]Sample, error) {
	wanted := map[place][]sample{}
	for _, samples := range drawn {
		for _, s := range samples {
			wanted[s.at] = append(wanted[s.at], s)
		}
	}
	places := slices.SortedFunc(maps.Keys(wanted), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.part, b.part), cmp.Compare(a.group, b.group))
	})
	w := t.newWorker()
	var rendered []Sample
	for part := range chunks(places, func(p place) int { return p.part }) {
		frames, err := w.frames(part[0].part)
		if err != nil {
			return nil, err
		}
		for _, at := range part {
			found, err := w.renderGroup(ctx, frames, at, wanted[at])
			if err != nil {
				return nil, err
			}
			rendered = append(rendered, found...)
		}
	}
	slices.SortFunc(rendered, bySample)
	return rendered, nil
}

func (w *worker) renderGroup(ctx context.Context, frames []frame, at place, wanted []sample) (rendered []Sample, err error) {
	start, _ := slices.BinarySearchFunc(frames, at.group, func(f frame, group uint32) int { return cmp.Compare(f.group, group) })
	end := start
	for end < len(frames) && frames[end].group == at.group {
		end++
	}
	play, err := w.play(ctx, frames[start:end], true)
	if err != nil {
		return nil, err
	}
	for _, line := range play.Lines {
		if line.Kind != ledger.KindSend || line.Rides || !slices.ContainsFunc(wanted, func(s sample) bool {
			return s.Ref == line.Ref && s.step == line.Step && s.channel == line.Channel
		}) {
			continue
		}
		content := line.Content
		if content == nil {
			content = &channel.Content{}
		}
		rendered = append(rendered, Sample{
			Template: line.Template, Channel: line.Channel, Rule: line.Rule, External: line.External,
			At: line.At, Zone: line.Zone, Content: *content,
		})
	}
	return rendered, nil
}
