package wording

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Exact writes a number with commas between thousands and all its decimals, up
// to six: 12,437.25.
func Exact(f float64) string {
	text := strconv.FormatFloat(math.Round(f*1e6)/1e6, 'f', -1, 64)
	whole, decimals, fraction := strings.Cut(text, ".")
	text = Number(0)
	if n, err := strconv.ParseFloat(whole, 64); err == nil {
		text = Number(n)
	}
	if n := strings.HasPrefix(whole, "-") && !strings.HasPrefix(text, "-"); n {
		text = "-" + text
	}
	if fraction {
		text += "." + decimals
	}
	return text
}

// megabytes in a gigabyte, as templates count them.
const megabytes = 1000

// Amounts writes values of a property in one unit, which its name gives: the
// values of data_mb are MB, or GB where all are whole MB and one fills a GB. A
// property of another name has no unit, "".
func Amounts(property string, values ...float64) (texts []string, unit string) {
	unit = unitOf(property)
	if unit == "MB" && slices.Max(values) >= megabytes && !slices.ContainsFunc(values, func(f float64) bool { return f != math.Trunc(f) }) {
		values, unit = slices.Clone(values), "GB"
		for i := range values {
			values[i] /= megabytes
		}
	}
	for _, f := range values {
		texts = append(texts, Exact(f))
	}
	return texts, unit
}

// unitOf reads the unit at the end of a property's name.
func unitOf(property string) string {
	name := property[strings.LastIndex(property, "_")+1:]
	switch name {
	case "kb", "mb", "gb":
		return strings.ToUpper(name)
	case "bytes", "seconds", "minutes", "hours":
		return name
	}
	return ""
}

// Share writes a share in whole percent, and with as many decimals as it takes
// to tell it from a bound that it does not reach: 79.6 % of 80 %.
func Share(share, bound float64) string {
	if share >= bound || math.Round(share*100) < math.Round(bound*100) {
		return Percent(share)
	}
	for scale := 10.0; scale < 1e6; scale *= 10 {
		if f := math.Floor(share*100*scale) / scale; f < bound*100 {
			return Exact(f) + " %"
		}
	}
	return "just under " + Percent(bound)
}
