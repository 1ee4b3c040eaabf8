package demo

import "math/rand/v2"

// place is where some of the customers live.
type place struct {
	zone, country, region string // region: ISO 3166-2 without the country, "" where no rule asks
	locales               []string
	currency              string
	weight                int // how many customers of all live there, against the other weights
	phones                []phoneRange
}

// phoneRange is a range of numbers in E.164 that nobody has: prefix and then
// the digits of first to last.
type phoneRange struct {
	prefix              string
	digits, first, last int
}

// fiction gives the numbers 555-0100 to 555-0199 of some North American area
// codes, which are kept for fiction (ATIS-0300115).
func fiction(areas ...string) []phoneRange {
	ranges := make([]phoneRange, len(areas))
	for i, area := range areas {
		ranges[i] = phoneRange{prefix: "+1" + area + "5550", digits: 3, first: 100, last: 199}
	}
	return ranges
}

// places are where the customers live. Countries whose regulators keep no
// mobile numbers for fiction have none, so customers there are reached by email
// and push.
func places() []place {
	return []place{
		{zone: "America/New_York", country: "US", region: "NY", locales: []string{"en-US", "en-US", "en-US", "es-US"}, currency: "USD", weight: 28,
			phones: fiction("212", "646", "332", "718", "917", "347", "929")},
		{zone: "America/New_York", country: "US", region: "NJ", locales: []string{"en-US"}, currency: "USD", weight: 4, phones: fiction("201")},
		{zone: "America/New_York", country: "US", region: "FL", locales: []string{"en-US", "es-US"}, currency: "USD", weight: 5, phones: fiction("305", "786")},
		{zone: "America/Chicago", country: "US", region: "IL", locales: []string{"en-US"}, currency: "USD", weight: 5, phones: fiction("312")},
		{zone: "America/Chicago", country: "US", region: "TX", locales: []string{"en-US", "es-US"}, currency: "USD", weight: 4, phones: fiction("713")},
		{zone: "America/Denver", country: "US", region: "CO", locales: []string{"en-US"}, currency: "USD", weight: 2, phones: fiction("303")},
		{zone: "America/Phoenix", country: "US", region: "AZ", locales: []string{"en-US"}, currency: "USD", weight: 2, phones: fiction("602")},
		{zone: "America/Los_Angeles", country: "US", region: "CA", locales: []string{"en-US", "en-US", "es-US"}, currency: "USD", weight: 7, phones: fiction("213", "415")},
		{zone: "America/Anchorage", country: "US", region: "AK", locales: []string{"en-US"}, currency: "USD", weight: 1, phones: fiction("907")},
		{zone: "Pacific/Honolulu", country: "US", region: "HI", locales: []string{"en-US"}, currency: "USD", weight: 2, phones: fiction("808")},
		{zone: "America/Toronto", country: "CA", region: "ON", locales: []string{"en-CA"}, currency: "CAD", weight: 2, phones: fiction("416", "647")},
		{zone: "America/St_Johns", country: "CA", region: "NL", locales: []string{"en-CA"}, currency: "CAD", weight: 1, phones: fiction("709")},
		{zone: "America/Mexico_City", country: "MX", locales: []string{"es-MX"}, currency: "MXN", weight: 2},
		{zone: "America/Sao_Paulo", country: "BR", locales: []string{"pt-BR"}, currency: "BRL", weight: 2},
		// Ofcom, numbers for TV and radio drama.
		{zone: "Europe/London", country: "GB", locales: []string{"en-GB"}, currency: "GBP", weight: 5, phones: []phoneRange{{"+447700900", 3, 0, 999}}},
		{zone: "Europe/Dublin", country: "IE", locales: []string{"en-IE"}, currency: "EUR", weight: 1},
		// Bundesnetzagentur, notice 148/2021, numbers for media productions.
		{zone: "Europe/Berlin", country: "DE", locales: []string{"de-DE"}, currency: "EUR", weight: 5, phones: []phoneRange{{"+4917139200", 2, 0, 99}, {"+49176040690", 2, 0, 99}}},
		{zone: "Europe/Vienna", country: "AT", locales: []string{"de-AT"}, currency: "EUR", weight: 1},
		{zone: "Europe/Zurich", country: "CH", locales: []string{"de-CH"}, currency: "CHF", weight: 1},
		// Arcep, numbers for audiovisual works.
		{zone: "Europe/Paris", country: "FR", locales: []string{"fr-FR"}, currency: "EUR", weight: 3, phones: []phoneRange{{"+3363998", 4, 0, 9999}}},
		{zone: "Europe/Madrid", country: "ES", locales: []string{"es-ES"}, currency: "EUR", weight: 3},
		// PTS, numbers for books and films.
		{zone: "Europe/Stockholm", country: "SE", locales: []string{"sv-SE"}, currency: "SEK", weight: 1, phones: []phoneRange{{"+46701740", 3, 605, 699}}},
		{zone: "Europe/Athens", country: "GR", locales: []string{"el-GR"}, currency: "EUR", weight: 1},
		{zone: "Africa/Johannesburg", country: "ZA", locales: []string{"en-ZA"}, currency: "ZAR", weight: 1},
		{zone: "Asia/Dubai", country: "AE", locales: []string{"en-AE"}, currency: "AED", weight: 1},
		{zone: "Asia/Kolkata", country: "IN", locales: []string{"en-IN"}, currency: "INR", weight: 4},
		{zone: "Asia/Kathmandu", country: "NP", locales: []string{"en-NP"}, currency: "NPR", weight: 1},
		{zone: "Asia/Singapore", country: "SG", locales: []string{"en-SG"}, currency: "SGD", weight: 2},
		{zone: "Asia/Tokyo", country: "JP", locales: []string{"ja-JP"}, currency: "JPY", weight: 2},
		{zone: "Australia/Adelaide", country: "AU", region: "SA", locales: []string{"en-AU"}, currency: "AUD", weight: 1},
		// ACMA, numbers for radio, books, film and TV.
		{zone: "Australia/Sydney", country: "AU", region: "NSW", locales: []string{"en-AU"}, currency: "AUD", weight: 2, phones: []phoneRange{{"+61491570", 3, 156, 159}}},
		{zone: "Pacific/Auckland", country: "NZ", locales: []string{"en-NZ"}, currency: "NZD", weight: 1},
	}
}

// anywhere draws a place by weight.
func anywhere(r *rand.Rand) place {
	all, total := places(), 0
	for _, p := range all {
		total += p.weight
	}
	n := r.IntN(total)
	for _, p := range all {
		if n -= p.weight; n < 0 {
			return p
		}
	}
	return all[0]
}
