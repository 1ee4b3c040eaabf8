// Package sendcost measures what a message costs through each sender beside the
// vendor's bare library in the same run, and how many connections either opens.
// Its far side answers at once and is another process, so that its processor
// time does not count. The package decides nothing, and knows no engine and no
// rule: what the gate costs is measured where it stands.
package sendcost
