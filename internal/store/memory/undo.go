package memory

import "slices"

// undo takes back what a write did, the last first. Every change of the data
// goes through the functions below.
type undo struct{ steps []func() }

func (u *undo) note(step func()) { u.steps = append(u.steps, step) }

func (u *undo) back() {
	for _, step := range slices.Backward(u.steps) {
		step()
	}
	u.forget()
}

func (u *undo) forget() {
	clear(u.steps)
	u.steps = u.steps[:0]
}

// set changes what stands at a place that does not move.
func set[T any](u *undo, place *T, value T) {
	old := *place
	*place = value
	u.note(func() { *place = old })
}

// insert puts a row before the i-th.
func insert[T any](u *undo, list *[]T, i int, row T) {
	*list = slices.Insert(*list, i, row)
	u.note(func() { *list = slices.Delete(*list, i, i+1) })
}

// add puts a row behind the last.
func add[T any](u *undo, list *[]T, row T) {
	*list = append(*list, row)
	u.note(func() { *list = slices.Delete(*list, len(*list)-1, len(*list)) })
}

// replace changes the i-th row.
func replace[T any](u *undo, list *[]T, i int, row T) {
	old := (*list)[i]
	(*list)[i] = row
	u.note(func() { (*list)[i] = old })
}

// remove takes the i-th row away.
func remove[T any](u *undo, list *[]T, i int) {
	old := (*list)[i]
	*list = slices.Delete(*list, i, i+1)
	u.note(func() { *list = slices.Insert(*list, i, old) })
}

// put sets the value of a key.
func put[K comparable, V any](u *undo, m map[K]V, key K, value V) {
	old, there := m[key]
	m[key] = value
	u.note(func() {
		if there {
			m[key] = old
		} else {
			delete(m, key)
		}
	})
}

// drop takes a key away.
func drop[K comparable, V any](u *undo, m map[K]V, key K) {
	old, there := m[key]
	if !there {
		return
	}
	delete(m, key)
	u.note(func() { m[key] = old })
}
