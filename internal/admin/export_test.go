package admin

import "time"

// Patient sets how long a look may take, so that a test need not wait.
func (p *Prober) Patient(d time.Duration) { p.patience = d }
