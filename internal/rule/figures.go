package rule

import "time"

// Figures are a usage trigger's numbers at one instant.
type Figures struct {
	About string
	Used  float64
	Limit float64 // 0: not known, or not above zero
}

// Share gives used by limit, 0 when the limit is not known.
func (f Figures) Share() float64 {
	if f.Limit <= 0 {
		return 0
	}
	return f.Used / f.Limit
}

// Figures gives a usage trigger's numbers at an instant, for each about value
// that anything was used for; none for other triggers.
func (m *Matcher) Figures(s Subject, at time.Time) []Figures {
	t := m.When.Usage
	if t == nil {
		return nil
	}
	abouts := []string{""}
	if m.About != "" {
		abouts = m.usageAbouts(s.State)
	}
	list := make([]Figures, 0, len(abouts))
	for _, about := range abouts {
		u, _ := m.measure(s, at, about)
		f := Figures{About: about, Used: u.used}
		if limit, ok := t.Limit.Number(&view{m: m, s: s, at: at, about: about, limit: true}); ok && limit > 0 {
			f.Limit = limit
		}
		list = append(list, f)
	}
	return list
}
