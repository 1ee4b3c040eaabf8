package app

import (
	"errors"
	"regexp"
	"strings"
)

// settingNames are a provider's names of its settings, and the variables of
// those settings here. A variable with a colon names a field of its value.
func settingNames(provider string) map[string]string {
	return map[string]map[string]string{
		"twilio": {
			"account_sid": "OUTREACH_TWILIO_ACCOUNT_SID", "api_key_sid": "OUTREACH_TWILIO_API_KEY_SID",
			"api_key_secret": "OUTREACH_TWILIO_API_KEY_SECRET", "auth_token": "OUTREACH_TWILIO_AUTH_TOKEN",
			"from": "OUTREACH_TWILIO_FROM", "messaging_service_sid": "OUTREACH_TWILIO_MESSAGING_SERVICE",
			"fallback_from": "OUTREACH_TWILIO_FALLBACK_FROM", "validity_period": "OUTREACH_TWILIO_VALIDITY_PERIOD",
			"whatsapp": "OUTREACH_TWILIO_WHATSAPP", "contents": "OUTREACH_TWILIO_CONTENTS",
			"status_callback": "OUTREACH_PUBLIC_URL", "base url": "OUTREACH_TWILIO_BASE_URL",
		},
		"sendgrid": {
			"api_key": "OUTREACH_SENDGRID_API_KEY", "from_address": "OUTREACH_SENDGRID_FROM",
			"residency": "OUTREACH_SENDGRID_RESIDENCY", "webhook_key": "OUTREACH_SENDGRID_WEBHOOK_KEY",
			"groups": "OUTREACH_SENDGRID_GROUPS", "base url": "OUTREACH_SENDGRID_BASE_URL",
		},
		"smtp": {
			"host": "OUTREACH_SMTP_HOST", "port": "OUTREACH_SMTP_PORT", "tls": "OUTREACH_SMTP_TLS", "user": "OUTREACH_SMTP_USER",
			"password": "OUTREACH_SMTP_PASSWORD", "from": "OUTREACH_SMTP_FROM", "return_path": "OUTREACH_SMTP_RETURN_PATH",
			"hostname": "OUTREACH_SMTP_HOSTNAME", "report_secret": "OUTREACH_SMTP_REPORT_SECRET",
		},
		"fcm": {
			"service_account": fcmAccount, "project_id": fcmAccount + ": project_id", "email": fcmAccount + ": client_email",
			"private_key": fcmAccount + ": private_key", "token_url": fcmAccount + ": token_uri", "base url": "OUTREACH_FCM_BASE_URL",
		},
		"webpush": {
			"public_key": "OUTREACH_WEBPUSH_PUBLIC_KEY", "private_key": "OUTREACH_WEBPUSH_PRIVATE_KEY", "subject": "OUTREACH_WEBPUSH_SUBJECT",
		},
		"webhook": {"url": "OUTREACH_RELAY_URL", "secret": "OUTREACH_WEBHOOK_SECRET"},
	}[provider]
}

const fcmAccount = "OUTREACH_FCM_SERVICE_ACCOUNT"

// innerName is what stands in the middle of a sentence and can be nothing but
// a setting's name.
var innerName = regexp.MustCompile(`\b(?:[a-z]+(?:_[a-z]+)+|whatsapp|tls)\b`)

// inOurNames says what is wrong with a provider's settings by the flags and
// variables that one sets them with: a line each, as the provider gives them.
func (o Options) inOurNames(provider string, err error) error {
	if err == nil {
		return nil
	}
	names, flags := settingNames(provider), o.flags()
	var lines []string
	for line := range strings.SplitSeq(strings.TrimPrefix(err.Error(), provider+": "), "\n") {
		lines = append(lines, inOurNames(line, names, flags))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// inOurNames rewrites one line, "setting: trouble; what to do".
func inOurNames(line string, names, flags map[string]string) string {
	head, rest, _ := strings.Cut(line, ": ")
	var subjects []string
	for inner := range strings.SplitSeq(head, ", ") {
		variable, known := names[inner]
		if !known {
			return line
		}
		if flag := flags[variable]; flag != "" {
			variable = flag + " (" + variable + ")"
		}
		subjects = append(subjects, variable)
	}
	return strings.Join(subjects, ", ") + ": " + innerName.ReplaceAllStringFunc(rest, func(inner string) string {
		variable, known := names[inner]
		switch flag := flags[variable]; {
		case !known:
			return inner
		case flag != "":
			return flag
		}
		return variable
	})
}

// flags gives the flag of each variable that has one.
func (o Options) flags() map[string]string {
	flags := map[string]string{}
	for _, s := range o.Settings() {
		if s.Flag != "" {
			flags[s.Env] = "--" + s.Flag
		}
	}
	return flags
}
