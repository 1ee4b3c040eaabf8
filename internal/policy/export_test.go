package policy

// Bare gives the policy as it reads, without what is made ready to be asked.
func (p *Policy) Bare() Policy {
	bare := *p
	bare.laws, bare.closed = nil, nil
	return bare
}
