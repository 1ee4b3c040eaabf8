package preview

import (
	"cmp"
	"html"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
)

var (
	webAddress = regexp.MustCompile(`(?i)\b(?:https?:/|mailto:)[^\s<>"]+`)
	hostName   = regexp.MustCompile(`^(?i)([\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+(\p{L}{2,}|xn--[a-z0-9-]+)$`)
	shortHost  = regexp.MustCompile(`(?i)(?:^|[\s/.(<])((?:bit\.ly|tinyurl\.com|goo\.gl|t\.co|ow\.ly|is\.gd|v\.gd|buff\.ly|rebrand\.ly|cutt\.ly|rb\.gy|tiny\.cc|t\.ly|shorturl\.at|bl\.ink|s\.id|lnkd\.in|trib\.al|adf\.ly)/[^\s<>"]+)`)
)

// Links that lead nowhere stand for the engine's own, as long as those are.
const (
	sampleUnsubscribe = "https://news.example.com/u/this-is-where-customers-unsubscribe-with-a-link-of-their-own-that-the-engine-signs-it"
	samplePreferences = "https://news.example.com/p/this-is-where-customers-choose-what-they-hear-with-a-link-of-their-own-which-it-signs"
)

// withLinks gives somebody who has no links of the engine's own samples of
// them: customers have theirs where the engine has a public address.
func withLinks(v message.Vars) message.Vars {
	v.Unsubscribe = cmp.Or(v.Unsubscribe, sampleUnsubscribe)
	v.Preferences = cmp.Or(v.Preferences, samplePreferences)
	return v
}

// linksOf gives every address in a message, each once, but for the engine's
// own.
func linksOf(t text) []string {
	var list []string
	switch t.Channel {
	case customer.Email:
		list = t.Page.links
	case customer.Push:
		if t.Content.Link != "" {
			list = []string{t.Content.Link}
		}
	}
	list = slices.Clip(list)
	for _, found := range webAddress.FindAllString(t.Content.Text, -1) {
		list = append(list, strings.TrimRight(found, ".,;:!?)'"))
	}
	var each []string
	for _, link := range list {
		if link = html.UnescapeString(link); !slices.Contains(each, link) && !slices.Contains(t.Own, link) {
			each = append(each, link)
		}
	}
	return each
}

// links looks at the form of every address.
func links(t text) []Finding {
	var list []Finding
	for _, link := range t.Links {
		f := form(t.Channel, link)
		if f.Code == LinkExample && slices.ContainsFunc(list, func(g Finding) bool { return g.Code == LinkExample }) {
			continue
		}
		if f.Code != "" {
			list = append(list, f)
		}
	}
	if t.Channel != customer.SMS {
		return list
	}
	for _, found := range shortHost.FindAllStringSubmatch(t.Content.Text, -1) {
		list = append(list, warning(SMSShortener, found[1], "is a shared short link, which carriers block", "write your own address"))
	}
	return list
}

// form looks at one address; a finding without a code is none.
func form(c customer.Channel, link string) Finding {
	trimmed := strings.TrimSpace(link)
	scheme, rest, _ := strings.Cut(trimmed, ":")
	switch scheme = strings.ToLower(scheme); {
	case trimmed == "" || trimmed == "#":
		return warning(LinkEmpty, link, "this link leads nowhere", "write its address")
	case scheme == "mailto":
		return mailto(link, rest)
	case scheme == "tel" || scheme == "sms":
		return Finding{}
	case strings.ContainsAny(trimmed, " \t\r\n"):
		return warning(LinkSpace, link, "has a space in it, so it breaks there", "leave it out, or write %20")
	case scheme == "http" || scheme == "https":
		return web(link)
	case c == customer.Push && appScheme.MatchString(trimmed):
		return Finding{}
	case strings.Contains(trimmed, "@") && !strings.Contains(trimmed, "/"):
		return warning(LinkMailto, link, "is an email address without mailto:", "write mailto:"+trimmed)
	}
	return warning(LinkScheme, link, "begins with nothing that mail programs know", "write the whole address, beginning with https://")
}

// appScheme finds an address of an app's own.
var appScheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://[^\s]`)

func mailto(link, rest string) Finding {
	address, _, _ := strings.Cut(rest, "?")
	address, err := url.PathUnescape(address)
	if err == nil && !strings.HasPrefix(address, "/") {
		var parsed *mail.Address
		if parsed, err = mail.ParseAddress(address); err == nil && parsed.Address == address {
			_, host, _ := strings.Cut(address, "@")
			if hostName.MatchString(host) {
				return Finding{}
			}
		}
	}
	return warning(LinkMailto, link, "is not an email address behind mailto:", "write mailto:help@your-company.com, without // and spaces")
}

// web looks at an address of the web.
func web(link string) Finding {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || u.Host == "" || !hostName.MatchString(u.Hostname()) {
		return warning(LinkHost, link, "has no host that the public can reach", "write https:// and a name with a dot, such as www.your-company.com")
	}
	if u.Scheme != "https" {
		return warning(LinkNotHTTPS, link, "is not encrypted, and browsers warn of it", "write https://")
	}
	for name := range u.Query() {
		if tracks(strings.ToLower(name)) {
			return warning(LinkTracking, link, "carries "+name+", which browsers strip and filters dislike", "leave it out; clicks are known without it")
		}
	}
	host := strings.ToLower(u.Hostname())
	for _, reserved := range []string{"example.com", "example.org", "example.net"} {
		if host == reserved || strings.HasSuffix(host, "."+reserved) {
			return note(LinkExample, link, "is a placeholder", "put your own address in its place before you go live")
		}
	}
	return Finding{}
}

func tracks(name string) bool {
	return strings.HasPrefix(name, "utm_") || slices.Contains([]string{
		"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "yclid", "igshid", "ttclid", "twclid", "_hsenc", "_hsmi", "mkt_tok", "vero_id", "wbraid", "gbraid",
	}, name)
}
