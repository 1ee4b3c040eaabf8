package ledger

// As gives what a store can do beside the ledger, from under whatever is
// wrapped around it: the first T among the store and what its Unwrap methods
// give.
func As[T any](store Store) (able T, ok bool) {
	for store != nil {
		if able, ok = any(store).(T); ok {
			return able, true
		}
		wrapped, around := store.(interface{ Unwrap() Store })
		if !around {
			break
		}
		store = wrapped.Unwrap()
	}
	return able, false
}
