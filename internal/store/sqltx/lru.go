package sqltx

import "container/list"

// lru remembers a bounded number of values, the most recently used ones.
type lru[K comparable, V any] struct {
	limit int
	order *list.List // newest first
	at    map[K]*list.Element
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](limit int) *lru[K, V] {
	return &lru[K, V]{limit: limit, order: list.New(), at: map[K]*list.Element{}}
}

func (l *lru[K, V]) get(key K) (value V, ok bool) {
	e, ok := l.at[key]
	if !ok {
		return value, false
	}
	l.order.MoveToFront(e)
	return e.Value.(*pair[K, V]).value, true
}

func (l *lru[K, V]) put(key K, value V) {
	if e, ok := l.at[key]; ok {
		e.Value.(*pair[K, V]).value = value
		l.order.MoveToFront(e)
		return
	}
	if l.order.Len() < l.limit {
		l.at[key] = l.order.PushFront(&pair[K, V]{key, value})
		return
	}
	oldest := l.order.Back()
	p := oldest.Value.(*pair[K, V])
	delete(l.at, p.key)
	p.key, p.value = key, value
	l.at[key] = oldest
	l.order.MoveToFront(oldest)
}

func (l *lru[K, V]) drop(key K) {
	if e, ok := l.at[key]; ok {
		l.order.Remove(e)
		delete(l.at, key)
	}
}

func (l *lru[K, V]) clear() {
	l.order.Init()
	clear(l.at)
}
