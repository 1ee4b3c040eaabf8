// Package sendtime is the calendar: it decides which instant is the next one allowed for a customer, and
// says what moved it. It reads lengths of time and times of the week as rules write them, names of zones,
// and the zone of a phone number, and tells one version of the zone data from another.
//
// Local time is always the wall clock that the customer reads at that instant. The package refuses to know
// why a message goes out, who the customer is, which hours the law names, which days are holidays and what
// time it is: all of them are arguments.
package sendtime
