package expr_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/expr"
)

const operators = "the operators are and, or, not, in, ==, !=, <, <=, >, >=, +, -, * and /"

// The words that a marketer reads, to the letter.
func TestFaultsOfConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text          string
		offset        int
		message, hint string
	}{
		// Operators of other languages.
		{`plan = "surf"`, 5, `"=" is not an operator`, `write ==`},
		{`plan === "surf"`, 5, `"===" is not an operator`, `write ==`},
		{`plan <> "surf"`, 5, `"<>" is not an operator`, `write !=`},
		{`score => 3`, 6, `"=>" is not an operator`, `write >=`},
		{`score =< 3`, 6, `"=<" is not an operator`, `write <=`},
		{`score =! 3`, 6, `"=!" is not an operator`, `write !=`},
		{`score ≥ 3`, 6, `"≥" is not in the language`, `write >=`},
		{`score > 3 AND score < 5`, 10, `"AND" is not an operator`, `write and`},
		{`score > 3 Or score < 5`, 10, `"Or" is not an operator`, `write or`},
		{`NOT happened(app_opened)`, 0, `"NOT" is not an operator`, `write not`},
		{`plan IN ["surf"]`, 5, `"IN" is not an operator`, `write in`},
		{`score > 3 && score < 5`, 10, `"&&" is not an operator`, `write and`},
		{`score > 3 || score < 5`, 10, `"||" is not an operator`, `write or`},
		{`!happened(app_opened)`, 0, `"!" is not an operator`, `write not`},
		{`plan is "surf"`, 5, `"is" is not an operator`, `write ==`},
		{`plan is not "surf"`, 5, `"is not" is not an operator`, `write !=`},
		{`plan equals "surf"`, 5, `"equals" is not an operator`, `write ==`},
		{`city contains "ber"`, 5, `"contains" is not in the language`, `compare with == or in: plan in ["surf", "ultimate"]`},
		{`city like "ber%"`, 5, `"like" is not in the language`, `compare with == or in: plan in ["surf", "ultimate"]`},
		{`city matches "b.*"`, 5, `"matches" is not in the language`, `compare with == or in: plan in ["surf", "ultimate"]`},
		{`city =~ "b.*"`, 5, `"=~" is not in the language`, operators},
		{`score > 3 ? score : 2`, 10, `"?" is not in the language`, operators},
		{`score ^ 2 > 3`, 6, `"^" is not in the language`, operators},

		// Numbers, shares, durations.
		{`plan_mb > 1,000`, 10, `1,000 has a comma`, `write 1000`},
		{`plan_mb > 1,000,000`, 10, `1,000,000 has a comma`, `write 1000000`},
		{`plan_mb > 12,5`, 10, `12,5 has a comma`, `write 12.5`},
		{`plan_mb > 1.000,50`, 10, `1.000,50 has a comma`, `write 1000.50`},
		{`plan_mb > 1.000`, 10, `1.000 has two readings`, `write 1000 or 1`},
		{`plan_mb > 1.234`, 10, `1.234 has two readings`, `write 1234 or 1.2340`},
		{`plan_mb > 1.000.000`, 10, `1.000.000 has more than one point`, `write 1000000`},
		{`score > .5`, 8, `nothing stands before the point`, `write a number with its zero: 0.5; a property with its event: order_placed.total`},
		{`match.used > match.limit * 80 %`, 27, `80 % has a space`, `write 80%`},
		{`score % 80 > 1`, 6, `"%" stands alone`, `write a share right behind its number: 80%`},
		{`since(app_opened) < 3m`, 20, `"3m" has two readings`, `write 3min or 3 months`},
		{`since(app_opened) < 3 m`, 20, `"3 m" has two readings`, `write 3min or 3 months`},
		{`since(app_opened) < 2 hrs`, 20, `"2 hrs": unit "hrs" is unknown`, `write 2h`},
		{`since(app_opened) < 30`, 20, `30 has no unit`, `write 30d, 30h or 30min`},
		{`since(app_opened) < "30d"`, 20, `"30d" is a text, not a duration`, `write it without quotes: 30d`},
		{`since(app_opened) < 0d`, 20, `0d is no time at all`, `write a longer duration, or known(x)`},
		{`since(app_opened) < score`, 20, `score cannot stand beside since`, `write a duration such as 30d`},
		{`since(app_opened) == 30d`, 0, `a time since is never exactly 30d`, `write >= for at least, < for less than`},
		{`since(app_opened)`, 0, `since(app_opened) stands without a comparison`, `compare it: since(app_opened) < 30d`},
		{`since(app_opened) * 2 > 3`, 0, `since(app_opened) stands without a comparison`, `compare it: since(app_opened) < 30d`},
		{`happened(app_opened, 30)`, 21, `30 has no unit`, `write 30d, 30h or 30min`},
		{`happened(app_opened, "30d")`, 21, `"30d" is a text, not a duration`, `write it without quotes: 30d`},
		{`happened(app_opened, 0d)`, 21, `0d is no time at all`, `write a longer duration`},
		{`happened(app_opened, score)`, 21, `score is not a duration`, `write a duration such as 30d`},
		{`match.before == 1`, 16, `match.before is a duration, 1 is a number`, `write 1d, 1h or 1min`},

		{`match.before == "1d"`, 16, `match.before is a duration, "1d" is a text`, `write a duration without quotes: 30d`},
		{`happened(app_opened, 1d12h)`, 21, `"1d12h" has more than one length`, `write it in one unit, for example 90min`},
		{`score − 1 > 2`, 6, `"−" is not in the language`, `write -`},

		// Texts.
		{`plan == “surf”`, 8, `“ is a curly quote`, `write straight quotes: "surf"`},
		{`plan == „surf“`, 8, `„ is a curly quote`, `write straight quotes: "surf"`},
		{`plan == surf`, 8, `surf is not a trait`, `as a text write "surf"`},
		{`plan == Surf`, 8, `Surf is not a trait`, `as a text write "surf"`},
		{`city == berlin`, 8, `berlin is not a trait`, `as a text write "berlin"`},
		{`city == citi`, 8, `citi is not a trait`, `did you mean city? as a text write "citi"`},
		{`plan in ["basic", surf]`, 18, `surf is not a trait`, `as a text write "surf"`},
		{`city in [New York]`, 9, `New York has a space`, `as a text write "New York"`},
		{`plan == "Surf"`, 8, `plan is never "Surf"`, `write "surf"`},
		{`plan == "gold"`, 8, `plan is never "gold"`, `it is one of basic, surf, ultimate, trial`},
		{`plan in ["surf", "ultimat"]`, 17, `plan is never "ultimat"`, `write "ultimate"`},
		{`city == ""`, 8, `city is never empty`, `write known(city) or not known(city)`},
		{`plan == "surf" or "ultimate"`, 18, `"ultimate" is compared with nothing`, `write plan in ["surf", "ultimate"]`},
		{`plan < "surf"`, 0, `"<" compares numbers, plan is a text`, `compare texts with ==, != or in`},
		{`plan == 3`, 8, `plan is a text, 3 is a number`, `write it in quotes: "3"`},
		{`score < "7"`, 8, `score is a number, "7" is a text`, `write it without quotes: 7`},
		{`score == "seven"`, 9, `score is a number, "seven" is a text`, ``},
		{`order_id == 10`, 12, `order_id is an id`, `write it in quotes: "10"`},
		{`10 == order_id`, 0, `order_id is an id`, `write it in quotes: "10"`},
		{`city == "su\rf"`, 11, `\r is not an escape`, `write \\ for a backslash`},
		{`plan == "surf`, 8, `a text is never closed`, `add the closing "`},

		// Names.
		{`pln == "surf"`, 0, `pln is not a trait`, `did you mean plan?`},
		{`Plan == "surf"`, 0, `Plan is not a trait`, `did you mean plan?`},
		{`shoe_size > 40`, 0, `shoe_size is not a trait`, `declare it in data.yaml`},
		{`order_placed`, 0, `order_placed is an event, not a trait`, `write happened(order_placed)`},
		{`happened(plan)`, 9, `plan is a trait, not an event`, `compare it, or write known(plan)`},
		{`happened(order_plced)`, 9, `order_plced is not an event`, `did you mean order_placed?`},
		{`happened(checkout)`, 9, `checkout is not an event`, `declare it in data.yaml`},
		{`happened(Order Placed)`, 9, `Order Placed has a space`, `did you mean order_placed?`},
		{`happened(Invoice Created)`, 9, `Invoice Created has a space`, `write the name that data.yaml gives it`},
		{`happened("Order Placed")`, 9, `"Order Placed" is a text, not an event`, `write order_placed`},
		{`happened("Invoice Created")`, 9, `"Invoice Created" is a text, not an event`, `write the name that data.yaml gives it, without quotes`},
		{`happened(order-placed)`, 9, `order-placed is not an event`, `did you mean order_placed?`},
		{`happened(order_placed.total)`, 9, `order_placed.total is a property, not an event`, `write happened(order_placed)`},
		{`order_placed.totl > 3`, 0, `order_placed has no property totl`, `did you mean order_placed.total?`},
		{`order_placed.weight > 3`, 0, `order_placed has no property weight`, `declare it under order_placed in data.yaml`},
		{`ordr_placed.total > 3`, 0, `ordr_placed is not an event`, `did you mean order_placed?`},
		{`plan.name == "surf"`, 0, `plan is a trait, it has no properties`, `write plan alone, or name an event`},
		{`order_placed.total.net > 3`, 18, `order_placed.total has a second point`, `write an event and one property: order_placed.total`},
		{`order_placed. > 3`, 12, `nothing fits behind the point of order_placed.`, `write order_placed with the name of a property: order_placed.total`},
		{`match > 3`, 0, `match is no value by itself`, `write match.before`},
		{`happened(app_opened) == true`, 24, `true is not in the language`, `a condition stands by itself, as in not happened(order_placed); a trait is compared with its words, as in == "yes"`},
		{`city == null`, 8, `null is not in the language`, `write known(x) or not known(x)`},

		// Functions.
		{`hapened(app_opened)`, 0, `hapened is not a function`, `write happened(event, 30d)`},
		{`opens_mail_on_phone()`, 0, `opens_mail_on_phone is not a function`, `the functions are happened, count, sum, latest, since, known, sent, reachable, uses, mostly`},
		{`order_placed(30d)`, 0, `order_placed is an event, not a function`, `write happened(order_placed)`},
		{`score(3) > 1`, 0, `score is a trait, not a function`, `write it without brackets`},
		{`order_placed.total() > 1`, 0, `order_placed.total is not a function`, `call it by its name alone: happened(order_placed)`},
		{`happened`, 0, `happened is a function, not a trait`, `write happened(event, 30d)`},
		{`happened()`, 0, `happened() lacks its argument`, `write happened(event, 30d)`},
		{`happened(app_opened, 30d, 2)`, 0, `happened has 3 arguments`, `write happened(event, 30d)`},
		{`latest(nps_answered.score, 30d) > 3`, 0, `latest has 2 arguments`, `write latest(event.property)`},
		{`sum(order_placed) > 3`, 4, `sum needs a property of order_placed`, `write sum(order_placed.total)`},
		{`sum(order_placed.order_id) > 3`, 4, `order_placed.order_id is an id`, `sum adds numbers`},
		{`sum(plan_mb) > 3`, 4, `sum takes an event's property, not plan_mb`, `write sum(event.property, 30d)`},
		{`sum(ordr_placed.total) > 3`, 4, `ordr_placed is not an event`, `did you mean order_placed?`},
		{`since(score) < 3d`, 6, `score is a number`, `since takes an event, or a trait or property with a date or a time`},
		{`since(app_opend) < 3d`, 6, `app_opend is not an event or a date`, `did you mean app_opened?`},
		{`latest(order_placed) > 3`, 7, `latest needs a property of order_placed`, `write latest(order_placed.order_id)`},
		{`known(app_opened)`, 6, `app_opened is an event, not a trait`, `write happened(app_opened)`},
		{`known(count(app_opened))`, 6, `count(app_opened) is always known`, `known takes a trait or a property`},
		{`sent(outage)`, 5, `sent takes a text in quotes, not outage`, `write sent("outage")`},
		{`sent("outag")`, 5, `"outag" is not a template`, `did you mean "outage"?`},
		{`sent("welcome")`, 5, `"welcome" is not a template`, `name a folder under templates`},
		{`reachable(push)`, 10, `reachable takes a text in quotes, not push`, `write reachable("push")`},
		{`reachable("fax")`, 10, `"fax" is not a channel`, `it is one of push, sms, email`},
		{`uses("Push")`, 5, `"Push" is not a channel`, `write "push"`},
		{`mostly("Mon 19:00")`, 7, `"Mon 19:00" is not a span of hours`, `write from when to when: Mon 19:00-21:00`},
		{`mostly("Mon-Fri")`, 7, `time line "Mon-Fri" has no time`, `write Mon-Fri 09:00, or Mon-Fri 00:00-24:00 for the whole day`},

		// What it comes to.
		{`plan`, 0, `plan is a text, not a condition`, `compare it: plan == "basic"`},
		{`city`, 0, `city is a text, not a condition`, `compare it: city == "…", or write known(city)`},
		{`score and happened(app_opened)`, 0, `score is a number, not a condition`, `compare it: score > 0`},
		{`count(app_opened)`, 0, `count(app_opened) is a number, not a condition`, `compare it: count(app_opened) >= 1`},
		{`not trial_ends_at`, 4, `trial_ends_at is a date, not a condition`, `write since(trial_ends_at) < 30d, or known(trial_ends_at)`},
		{`"surf"`, 0, `"surf" is a text, not a condition`, `compare something with it: plan == "surf"`},
		{`happened(app_opened) > 2`, 0, `happened(app_opened) is a condition, it is not compared`, `write count(app_opened) > 2`},
		{`reachable("push") == reachable("sms")`, 0, `reachable("push") is a condition, it is not compared`, `write reachable("push") or not reachable("push")`},
		{`score + plan > 3`, 8, `plan is a text, not a number`, ``},
		{`1 < score < 3`, 0, `1 < score < 3 compares twice`, `write 1 < score and score < 3`},

		// Times.
		{`last_discount_at < 30d`, 19, `last_discount_at is a time, 30d is a duration`, `write since(last_discount_at)`},
		{`customer_since < 2026-01-01`, 17, `2026-01-01 is a subtraction, not a day`, `write it in quotes: "2026-01-01"`},
		{`customer_since < "1.1.2026"`, 17, `"1.1.2026" is not a day`, `write a day in quotes: "2026-11-23"`},
		{`customer_since < 5`, 17, `customer_since is a date, 5 is a number`, `write a day in quotes: "2026-11-23"`},
		{`customer_since == last_discount_at`, 0, `a time is hardly ever exactly the beginning of a day`, `write >= and < instead`},

		// Structure.
		{``, 0, `the expression is empty`, `write a condition, for example plan == "surf"`},
		{"  \n", 0, `the expression is empty`, `write a condition, for example plan == "surf"`},
		{`(score > 3`, 0, `"(" is never closed`, `add the missing )`},
		{`happened(app_opened`, 8, `"(" is never closed`, `add the missing )`},
		{`plan in ["surf"`, 8, `"[" is never closed`, `add the missing ]`},
		{`score > 3)`, 9, `")" closes nothing`, `remove it, or open the bracket`},
		{`score > 3, score < 5`, 9, `a comma stands between conditions`, `join conditions with and or or`},
		{`(score > 3, score < 5)`, 10, `a comma stands between conditions`, `join conditions with and or or`},
		{`trial_ends_at in ["2026-11-23"]`, 0, `trial_ends_at is a date`, `a list holds texts or numbers`},
		{`plan in "surf"`, 8, `"in" needs a list`, `write the list in square brackets: plan in ["surf", "ultimate"]`},
		{`plan in ["surf" "basic"]`, 16, `"basic" follows "surf" without an operator`, `put a comma or an operator between them`},
		{`score in []`, 9, `the list is empty`, `write what it may be: plan in ["surf", "ultimate"]`},
		{`score in [3, plan_mb]`, 13, `plan_mb stands in a list, which holds texts or numbers only`, `compare it with == instead`},
		{`score in [3, "4"]`, 13, `score is a number, "4" is a text`, `write it without quotes: 4`},
		{`[3] == score`, 0, `a list stands alone`, `a list stands behind in: plan in ["surf", "ultimate"]`},
		{`plan "surf"`, 5, `"surf" follows plan without an operator`, `put an operator between them: ==, in, and, or`},
		{`score > 9 plan == "surf"`, 10, `plan follows 9 without an operator`, `put an operator between them: ==, in, and, or`},
		{`plan not "surf"`, 5, `"not" stands behind a value`, `write != for a value, not in for a list, and not before a condition`},
		{`score > 3 and`, 13, `the expression ends after "and"`, `add what is missing`},
		{`and score > 3`, 0, `"and" stands where a value should`, `add what is missing before it, or remove it`},
		{"score > 3\u200b", 9, `an invisible character (U+200B) stands here`, `delete it`},
		{"city == \"\xff\"", 9, `byte 0xff is not UTF-8`, `save the file as UTF-8`},
		{strings.Repeat("(", 51) + "score > 3" + strings.Repeat(")", 51), 50, `the expression is nested more than 50 deep`, `split it over several steps or rules`},
		{strings.Repeat(" ", 4000) + "x", 0, `the expression has 4001 bytes, more than 4000`, `split it over several steps or rules`},
	} {
		program, problems := expr.Compile(c.text, expr.Truth, shop())
		require.Nil(t, program, c.text)
		require.Equal(t, []expr.Problem{{Offset: c.offset, Message: c.message, Hint: c.hint}}, problems, c.text)
	}
}

func TestFaultsOfNumbers(t *testing.T) {
	t.Parallel()
	for text, problem := range map[string]expr.Problem{
		`happened(app_opened, 30d)`: {Message: `happened(app_opened, 30d) is a condition, not a number`, Hint: `write count(app_opened, 30d)`},
		`"15000"`:                   {Message: `"15000" is a text, not a number`},
		`30d`:                       {Message: `30d is a duration, not a number`},
		strings.Repeat("9", 400):    {Message: strings.Repeat("9", 60) + "… is too large", Hint: "write a smaller number"},
	} {
		_, problems := expr.Compile(text, expr.Number, shop())
		require.Equal(t, []expr.Problem{problem}, problems, text)
	}
}

func TestFaultsInWhere(t *testing.T) {
	t.Parallel()
	scope := shop()
	scope.word = "property"
	_, problems := expr.Compile(`happened(plan) or totl > 3`, expr.Truth, scope)
	require.Equal(t, []expr.Problem{
		{9, `plan is a property, not an event`, `compare it, or write known(plan)`},
		{18, `totl is not a property`, `declare it in data.yaml`},
	}, problems)
}

func TestEveryFaultIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	_, problems := expr.Compile(`plan = "Surf" AND scor > 1,000 and happened(order_plced, 3m)`, expr.Truth, shop())
	require.Equal(t, []expr.Problem{
		{5, `"=" is not an operator`, `write ==`},
		{7, `plan is never "Surf"`, `write "surf"`},
		{14, `"AND" is not an operator`, `write and`},
		{18, `scor is not a trait`, `did you mean score?`},
		{25, `1,000 has a comma`, `write 1000`},
		{44, `order_plced is not an event`, `did you mean order_placed?`},
		{57, `"3m" has two readings`, `write 3min or 3 months`},
	}, problems)
}
