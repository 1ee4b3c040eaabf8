package postgres

import "github.com/outreach-engine/outreach/internal/store/sqltx"

// bulk is how one statement that is put off again and again, with other values
// each time, is said once for all of them: its values are lists then.
type bulk struct {
	sql   string
	kinds string // of its values, in order: t text, i whole number, b bytes
}

// bulks are the statements of which a batch of events puts off many. A list has
// a value for each time, so of a key that comes twice the statement itself has to
// choose.
var bulks = map[string]bulk{
	sqltx.UpdateState: {
		sql: `UPDATE customers SET state = given.state
		FROM unnest(CAST($1 AS bytea[]), CAST($2 AS bigint[])) AS given (state, seq) WHERE customers.seq = given.seq`,
		kinds: "bi",
	},
	sqltx.KeepDue: {
		sql: `INSERT INTO dues (customer, rule, about, at)
		SELECT customer, rule, about, min(at)
		FROM unnest(CAST($1 AS text[]), CAST($2 AS text[]), CAST($3 AS text[]), CAST($4 AS bigint[])) AS given (customer, rule, about, at)
		GROUP BY customer, rule, about
		ON CONFLICT (customer, rule, about) DO UPDATE SET at = excluded.at WHERE excluded.at < dues.at`,
		kinds: "ttti",
	},
	sqltx.AddDecision: {
		sql: `INSERT INTO decisions
		(customer, at, rule, n, kind, step, channel, template, planned, reason, note)
		SELECT * FROM unnest(CAST($1 AS text[]), CAST($2 AS bigint[]), CAST($3 AS text[]), CAST($4 AS bigint[]), CAST($5 AS text[]),
			CAST($6 AS text[]), CAST($7 AS text[]), CAST($8 AS text[]), CAST($9 AS bigint[]), CAST($10 AS text[]), CAST($11 AS text[]))`,
		kinds: "titittttitt",
	},
	sqltx.AddHint: {
		sql: `INSERT INTO hints (rule, customer, n, at)
		SELECT * FROM unnest(CAST($1 AS text[]), CAST($2 AS text[]), CAST($3 AS bigint[]), CAST($4 AS bigint[]))`,
		kinds: "ttii",
	},
	sqltx.AddIdentity: {
		sql: `INSERT INTO identities (external, customer)
		SELECT DISTINCT ON (external) external, customer
		FROM unnest(CAST($1 AS text[]), CAST($2 AS text[])) WITH ORDINALITY AS given (external, customer, place)
		ORDER BY external, place DESC
		ON CONFLICT (external) DO UPDATE SET customer = excluded.customer`,
		kinds: "tt",
	},
	sqltx.UpsertCustomer: {
		sql: `INSERT INTO customers (id, profile, state)
		SELECT * FROM unnest(CAST($1 AS text[]), CAST($2 AS text[]), CAST($3 AS bytea[]))
		ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, state = excluded.state`,
		kinds: "ttb",
	},
}

// fewest is how many of a statement must follow each other to be said at once.
const fewest = 3

// gather says runs of one statement at once, where there is a way to. The order
// of what differs stays.
func gather(list []statement) []statement {
	gathered := list[:0]
	for i := 0; i < len(list); {
		n := 1
		for i+n < len(list) && list[i+n].sql == list[i].sql {
			n++
		}
		if many, can := bulks[list[i].sql]; can && n >= fewest {
			gathered = append(gathered, many.of(list[i:i+n]))
		} else {
			gathered = append(gathered, list[i:i+n]...)
		}
		i += n
	}
	return gathered
}

func (b bulk) of(run []statement) statement {
	args := make([]any, len(b.kinds))
	for column, kind := range b.kinds {
		switch kind {
		case 't':
			args[column] = columnOf[string](run, column)
		case 'i':
			args[column] = columnOf[int64](run, column)
		default:
			args[column] = columnOf[[]byte](run, column)
		}
	}
	return statement{sql: b.sql, args: args}
}

// columnOf gives one value of each statement; nil is the zero value.
func columnOf[T any](run []statement, column int) []T {
	list := make([]T, len(run))
	for i, s := range run {
		list[i], _ = s.args[column].(T)
	}
	return list
}
