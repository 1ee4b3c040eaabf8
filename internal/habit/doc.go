// Package habit decides in which hours of the week a customer most likely responds. It keeps one customer's
// engagement as a decayed week of 168 hours (Profile), learns from many customers what kinds of them there
// are (Population), and answers with the good hours among those allowed (Good) and the few hours to which
// nearly everything falls (Usual).
//
// The model. An engagement of weight w at hour x counts w * 2^-(age / 8 weeks). A customer's week is scaled
// to the days on which they did anything, D, because the acts of one sitting are one observation. It is
// smoothed to s by the binomial kernel 1 4 6 4 1 around the week (kernel density estimation on a circle), a
// fifth of it spread over the same hours of all days. The population is a finite mixture of multinomials, fitted by
// EM; a customer's prior m is the mixture under their own posterior, so it comes from customers like them.
// The estimate is theta(h) = (s(h) + a*m(h)) / (D + a): Dirichlet-multinomial shrinkage whose strength a is
// chosen by leave-one-out likelihood (empirical Bayes) up to two days.
//
// It refuses to know which channel or rule asks, what an event is called and how much it weighs, which hours
// are quiet or lawful, whether a message should explore other hours, and what time it is: all of that is the
// caller's.
package habit
