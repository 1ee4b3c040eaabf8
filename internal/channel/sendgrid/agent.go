package sendgrid

import "strings"

// agent is what a user agent tells of who opened a mail or followed a link.
type agent struct {
	machine bool   // a program that no person moved
	device  string // phone, tablet, computer; "" unknown
}

// machines are parts of user agents, in lower case, that scan links or mails.
// A name with "bot" alone does not do: there is a make of phones, Cubot.
var machines = []string{
	"barracuda", "mimecast", "proofpoint", "bingpreview", "bitdefender", "headlesschrome",
	"bot/", "slackbot", "crawler", "spider", "facebookexternalhit", "skypeuripreview",
	"curl/", "wget/", "python-requests", "python-urllib", "go-http-client", "java/",
}

// proxies show an image to a person who opens the mail. It is the person's
// open, and nothing tells on which device.
var proxies = []string{"googleimageproxy", "yahoomailproxy"}

// devices are tried in this order: an Android tablet is an Android without
// "mobile", and phones name the computers' systems too.
var devices = []struct{ part, device string }{
	{"ipad", "tablet"}, {"tablet", "tablet"}, {"kindle", "tablet"}, {"silk/", "tablet"},
	{"iphone", "phone"}, {"ipod", "phone"}, {"windows phone", "phone"}, {"mobile", "phone"},
	{"android", "tablet"},
	{"windows nt", "computer"}, {"macintosh", "computer"}, {"cros ", "computer"}, {"x11", "computer"}, {"linux", "computer"},
}

// readAgent knows machines, proxies and devices. A bare "Mozilla/5.0" is
// Apple's Mail Privacy Protection, which fetches images unasked.
func readAgent(text string) agent {
	text = strings.ToLower(strings.TrimSpace(text))
	switch {
	case text == "mozilla/5.0" || containsAny(text, machines):
		return agent{machine: true}
	case containsAny(text, proxies):
		return agent{}
	}
	for _, d := range devices {
		if strings.Contains(text, d.part) {
			return agent{device: d.device}
		}
	}
	return agent{}
}

func containsAny(text string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}
