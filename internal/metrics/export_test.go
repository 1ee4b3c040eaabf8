package metrics

import "time"

// Age makes the figures of the store too old to be given again.
func (m *Metrics) Age() {
	m.stock.mu.Lock()
	defer m.stock.mu.Unlock()
	m.stock.next = time.Time{}
}
