package simulate

// Bounded gives a stage whose plays end after so many rounds of one instant
// and so many instants.
func (s *Stage) Bounded(rounds, instants int) *Stage {
	return &Stage{desk: s.desk, bounds: bounds{rounds, instants}}
}
