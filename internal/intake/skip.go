package intake

// skip passes any value and checks its form. It needs no recursion, so depth
// costs a byte each; what stands deeper than maxDepth sets tooDeep.
func (r *reader) skip() error {
	r.open = r.open[:0]
	for {
		opened, err := r.enter()
		if err != nil {
			return err
		}
		if opened {
			continue
		}
		done, err := r.leave()
		if done || err != nil {
			return err
		}
	}
}

// enter passes a scalar or an empty bracket, or the opening of a list or an
// object up to its first value: then opened is true.
func (r *reader) enter() (opened bool, err error) {
	switch c := r.peek(); c {
	case '{', '[':
		closing := c + 2 // the same for both brackets in ASCII
		r.at++
		if r.peek() == closing {
			r.at++
			return false, nil
		}
		r.open = append(r.open, closing)
		r.tooDeep = r.tooDeep || len(r.open) > maxDepth
		if c == '{' {
			_, err = r.key()
		}
		return true, err
	case '"':
		_, _, err = r.scanText()
	case 't':
		err = r.word("true")
	case 'f':
		err = r.word("false")
	case 'n':
		err = r.word("null")
	default:
		_, err = r.number()
	}
	return false, err
}

// leave passes what follows a value: closing brackets, and the comma and key
// before the next value. Done means that the whole of the value is passed.
func (r *reader) leave() (done bool, err error) {
	for len(r.open) > 0 {
		closing := r.open[len(r.open)-1]
		more, err := r.more(closing)
		if err != nil {
			return false, err
		}
		if more {
			if closing == '}' {
				_, err = r.key()
			}
			return false, err
		}
		r.open = r.open[:len(r.open)-1]
	}
	return true, nil
}
