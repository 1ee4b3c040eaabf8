package message_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFaultsOfAnSMS(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Hi {{ customer.frist_name | default: \"\" }}": {`t/a/sms.txt:1:7: "customer.frist_name": is not a trait that data.yaml declares; did you mean customer.first_name?`},
		"Hi {{ customer.first_name }}":                 {`t/a/sms.txt:1:7: warning [may-be-missing]: "customer.first_name": may be missing, and then nothing is sent; write customer.first_name | default: "...", or put it in {% if customer.first_name %}`},
		"a\nHi {{ match.used":                          {`t/a/sms.txt:2:4: "{{ match.used": {{ is not closed; write }} behind it`},
		"{% if customer.vip":                           {`t/a/sms.txt:1:1: "{% if customer.vip": {% is not closed; write %} behind it`},
		"{{ match.used %}":                             {`t/a/sms.txt:1:1: "{{ match.used %}": {{ is not closed; write }} behind it`},
		"x }} y":                                       {`t/a/sms.txt:1:3: "}}": closes nothing that is open; write {{ or {% before it, or leave it out`},
		"{{ }}":                                        {`t/a/sms.txt:1:1: "{{ }}": is empty; name a variable, as {{ customer.plan }}, or leave it out`},
		"{% %}":                                        {`t/a/sms.txt:1:1: "{% %}": has no name; write a tag, as {% if customer.plan == "surf" %}, or leave it out`},
		"{% include \"secret\" %}":                     {`t/a/sms.txt:1:1: "{% include %}": is not a tag that is known here; templates read no other file; write the text here, or in a layout`},
		"{% render 'x' %}":                             {`t/a/sms.txt:1:1: "{% render %}": is not a tag that is known here; templates read no other file; write the text here, or in a layout`},
		"{% break %}":                                  {`t/a/sms.txt:1:1: "{% break %}": is not a tag that is known here; a message has no need of it`},
		"{% fi customer.vip %}":                        {`t/a/sms.txt:1:1: "{% fi %}": is not a tag that is known here; known: if, elsif, else, unless, case, when, assign, capture, comment, raw, for`},
		"{% endif %}":                                  {`t/a/sms.txt:1:1: "{% endif %}": closes nothing that is open; leave it out, or write the tag that it belongs to`},
		"{% if customer.vip %}x":                       {`t/a/sms.txt:1:1: "{% if %}": is not closed; write {% endif %} behind it`},
		"{% if customer.vip %}{% for i in (1..2) %}{% endif %}":         {`t/a/sms.txt:1:43: "{% endif %}": does not fit in {% for %}; close {% for %} with {% endfor %} first`},
		"{% if customer.vip %}a{% else if customer.plan %}b{% endif %}": {`t/a/sms.txt:1:31: "if customer.plan": stands behind else; write elsif`},
		"{% if %}a{% endif %}":                              {`t/a/sms.txt:1:1: "{% if %}": has no condition; write one: {% if customer.plan == "surf" %}`},
		"{{ customer.plan | upcas }}":                       {`t/a/sms.txt:1:20: "upcas": is not a filter that is known here; did you mean upcase?`},
		"{{ customer.plan | default: \"\" | escape }}":      {`t/a/sms.txt:1:34: "escape": is not a filter that is known here; leave it out: values are escaped by themselves`},
		"{{ customer.plan | default: \"\" | append }}":      {`t/a/sms.txt:1:34: "append": takes one value; write it as in customer.plan | append: "!"`},
		"{{ customer.plan | default: \"\" | plus: 1 }}":     {`t/a/sms.txt:1:34: "plus": needs a number and gets a text; leave it out`},
		"{{ customer.plan_mb | default: 1 | plus: \"a\" }}": {`t/a/sms.txt:1:42: "a": is a text, and plus needs a number; write it as in match.used | plus: 2`},
		"{% for i in (1..10000000) %}{{ i }}{% endfor %}":   {`t/a/sms.txt:1:13: "(1..10000000)": has more than 100 members; write a shorter range`},
		"{% for i in (1..match.used) %}{{ i }}{% endfor %}": {`t/a/sms.txt:1:13: "(1..match.used": is a range whose ends are not whole numbers; write both ends out: (1..5)`},
		"{% for i in customer.plan %}{{ i }}{% endfor %}":   {`t/a/sms.txt:1:13: "customer.plan": is no list to run over; write a range as (1..3), or a text with | split: ","`},
		"{% for i in (1..100) %}{% for j in (1..100) %}{% for k in (1..100) %}x{% endfor %}{% endfor %}{% endfor %}": {`t/a/sms.txt: takes too many steps to render; loop over less`},
		"{{ order_placed.order }}":                       {`t/a/sms.txt:1:4: "order_placed.order": is not a property that data.yaml declares for order_placed; known: order_id, promised_at, total`},
		"{{ order_placed }}":                             {`t/a/sms.txt:1:4: "order_placed": is an event, and does not say which of its properties; write order_placed.name`},
		"{{ order_place.order_id }}":                     {`t/a/sms.txt:1:4: "order_place.order_id": is not a name that is known here; did you mean order_placed?`},
		"{{ first_name }}":                               {`t/a/sms.txt:1:4: "first_name": is not a name that is known here; write customer.first_name`},
		"{{ subject }}":                                  {`t/a/sms.txt:1:4: "subject": is known in layouts only; write the text here`},
		"{{ forloop.index }}":                            {`t/a/sms.txt:1:4: "forloop.index": is known in a for only; write it between {% for %} and {% endfor %}`},
		"{{ link.unsubscrib }}":                          {`t/a/sms.txt:1:4: "link.unsubscrib": is not known; known: link.preferences, link.unsubscribe`},
		"{{ now.year }}":                                 {`t/a/sms.txt:1:4: "now.year": has a name behind it that means nothing; write now | date: "%d %B", for instance`},
		"{{ customer }}":                                 {`t/a/sms.txt:1:4: "customer": does not say which; write customer.name`},
		"{{ unsubscribe_url }}":                          {`t/a/sms.txt:1:4: "unsubscribe_url": is not a name that is known here; write link.unsubscribe`},
		"{{ preferences_link }}":                         {`t/a/sms.txt:1:4: "preferences_link": is not a name that is known here; write link.preferences`},
		"{{ zzzzz }}":                                    {`t/a/sms.txt:1:4: "zzzzz": is not a name that is known here; start with customer., match., link., now or an event's name`},
		"{% if customer.plan == \"Surf\" %}x{% endif %}": {`t/a/sms.txt:1:24: "Surf": is never the value of customer.plan; did you mean surf?`},
		"{% case customer.plan %}{% when \"gold\" %}x{% endcase %}":  {`t/a/sms.txt:1:33: "gold": is never the value of customer.plan; known: basic, surf`},
		"{% if customer.plan_mb == \"5\" %}x{% endif %}":             {`t/a/sms.txt:1:27: "5": is a text and is compared with customer.plan_mb, which is a number; write the number without quotes`},
		"{% if customer.account == 10 %}x{% endif %}":                {`t/a/sms.txt:1:27: "10": is a number and is compared with customer.account, which is an id; put it in quotes: "10"`},
		"{% if customer.vip == true %}x{% endif %}":                  {`t/a/sms.txt:1:23: "true": is a yes or no and is compared with customer.vip, which is a text; truth values arrive as the words "yes" and "no"`},
		"{% if customer.plan > \"a\" %}x{% endif %}":                 {`t/a/sms.txt:1:7: "customer.plan": is a text, which is neither smaller nor larger; use == or !=`},
		"{% if customer.vip = \"yes\" %}x{% endif %}":                {`t/a/sms.txt:1:20: "=": is not a comparison; write ==`},
		"{% if customer.vip && customer.plan %}x{% endif %}":         {`t/a/sms.txt:1:20: "&&": is not a word of Liquid; write and, or or`},
		"{% if not customer.vip %}x{% endif %}":                      {`t/a/sms.txt:1:7: "not": is not a word of Liquid; use unless, or !=`},
		"{% if customer.vip and customer.plan or now %}x{% endif %}": {`t/a/sms.txt:1:38: "or": stands beside and, which can be read in two ways; put one pair in parentheses, or use a second if`},
		"{% if customer.plan | size > 3 %}x{% endif %}":              {`t/a/sms.txt:1:23: "| size": is a filter inside a comparison; assign the filtered value to a name first, and compare the name`},
		"{% if (customer.vip %}x{% endif %}":                         {`t/a/sms.txt:1:7: "(": is not closed; write ) behind it`},
		"{% if customer[\"vip\"] %}x{% endif %}":                     {`t/a/sms.txt:1:15: "[": is not expected here; write names with a dot: customer.plan`},
		"{{ customer.vip == \"yes\" }}":                              {`t/a/sms.txt:1:17: "==": is not expected here; conditions stand in {% if %}`},
		"{{ customer.plan | default: “x” }}":                         {`t/a/sms.txt:1:29: "“x” ": starts with a curly quote; use straight quotes: "`},
		"{{ customer.plan | default: \"x }}":                         {`t/a/sms.txt:1:29: "\"x ": is a text whose quotes are not closed; write " at its end, on the same line`},
		"{{ customer.plan default: \"x\" }}":                         {`t/a/sms.txt:1:18: "default": is not expected here; join two parts with and, or, | or a comma, or put a text in quotes`},
		"{{ 1234567890123456 }}":                                     {`t/a/sms.txt:1:4: "1234567890123456": is a number with too many digits; write fewer, or put it in quotes as a text`},
		"{{ now | date: \"%d %Q\" }}":                                {`t/a/sms.txt:1:20: "%Q": is not a part of a date; for example %d %B %Y, %A, %H:%M`},
		"{{ now }}":                                                  {`t/a/sms.txt:1:4: warning [raw-date]: "now": is written as 2026-11-23; say how: | date: "%d %B"`},
		"{% assign Plan = 1 %}":                                      {`t/a/sms.txt:1:11: "Plan": is not a name; use small letters, digits and _: plan_name`},
		"{% assign match = 1 %}":                                     {`t/a/sms.txt:1:11: "match": is taken; choose another name`},
		"{% assign x %}":                                             {`t/a/sms.txt:1:1: "{% assign %}": has no name and value; write {% assign plan_name = "Surf" %}`},
		"{% if customer.vip %}{% assign x = 1 %}{% endif %}{{ x }}":  {`t/a/sms.txt:1:54: warning [may-be-missing]: "x": may be missing, and then nothing is sent; write x | default: "...", or put it in {% if x %}`},
		"{customer.plan}":                                            {`t/a/sms.txt:1:1: warning [single-braces]: "{customer.plan}": is shown as it stands; write two braces on each side`},
		"it’s late":                                                  {`t/a/sms.txt:1:3: warning [costly-letter]: "’": a curly quote is not in the SMS alphabet, so a segment holds 70 characters instead of 160; write '`},
		"done 🎉":                                                     {`t/a/sms.txt:1:6: warning [costly-letter]: "🎉": is not in the SMS alphabet, so a segment holds 70 characters instead of 160; leave it out if you can`},
		"---\ntitle: x\n---\nhi":                                     {`t/a/sms.txt:2:1: title: "title": is not a key that is known here`},
		"---\nhi":                                                    {`t/a/sms.txt:1:1: "---": opens a front matter that nothing closes; write --- on a line of its own before the text`},
		strings.Repeat("{% if now %}", 21):                           {`t/a/sms.txt:1:241: "{% if %}": stands too deep inside of others; write it simpler`},
		"{{ " + strings.Repeat("(", 21) + "1 }}":                     {`t/a/sms.txt:1:24: "(": opens too many parentheses; write it simpler`},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, problems(map[string][]byte{"a/sms.txt": []byte(text)}))
		})
	}
}
