package sqltx

// Statements that are put off, many of them in one commit: a store may say many
// at once.
const (
	UpsertCustomer = `INSERT INTO customers (id, profile, state)
		VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, state = excluded.state`
	UpdateState = "UPDATE customers SET state = $1 WHERE seq = $2"
	AddIdentity = `INSERT INTO identities (external, customer)
		VALUES ($1, $2) ON CONFLICT (external) DO UPDATE SET customer = excluded.customer`
	AddDecision = `INSERT INTO decisions
		(customer, at, rule, n, kind, step, channel, template, planned, reason, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	AddHint = "INSERT INTO hints (rule, customer, n, at) VALUES ($1, $2, $3, $4)"
	KeepDue = `INSERT INTO dues (customer, rule, about, at)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (customer, rule, about) DO UPDATE SET at = excluded.at WHERE excluded.at < dues.at`
)

// Statements over customers that a commit has few of.
const (
	updateCustomer = "UPDATE customers SET profile = $1, state = $2 WHERE seq = $3"
	deleteCustomer = "DELETE FROM customers WHERE id = $1"
)
