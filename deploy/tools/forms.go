package main

// form is one way to set the chart's values.
type form struct {
	name   string
	values object
	files  bool     // the chart carries rules and templates
	roles  []string // the processes that come out
	hidden []string // values that may stand in Secrets alone
}

// forms are the ways in which the chart is looked at.
func forms() []form {
	split := []string{"intake", "worker"}
	return []form{
		{name: "a secret of one's own", roles: split, values: object{"secrets": object{"existing": "mine"}}},
		{
			name: "one kind of process", roles: []string{"all"}, hidden: []string{storeURL},
			values: object{
				"mode": "all", "secrets": object{"create": object{"OUTREACH_STORE": storeURL}}, "rules": object{"from": "none"},
				"all": object{"autoscaling": object{"enabled": true}},
			},
		},
		{name: "everything", roles: split, files: true, hidden: []string{storeURL, twilioToken}, values: everything()},
		{
			name: "keda", roles: split,
			values: object{
				"secrets": object{"existing": "mine"},
				"worker":  object{"autoscaling": object{"enabled": true, "by": "keda", "maxReplicas": 30}},
			},
		},
		{
			name: "on a processor's load, no budgets, no names of its own", roles: split,
			values: object{
				"secrets": object{"existing": "mine"}, "serviceAccount": object{"create": false}, "topologySpread": false,
				"intake": object{"autoscaling": object{"enabled": true}, "disruptionBudget": object{"enabled": false}},
				"worker": object{"autoscaling": object{"enabled": true, "by": "cpu"}, "disruptionBudget": object{"enabled": false}},
			},
		},
	}
}

// Made up, and looked for wherever they must not be.
const (
	storeURL    = "postgres://outreach:a-password-that-nobody-sees@db:5432/outreach?sslmode=verify-full"
	twilioToken = "a-token-that-nobody-sees"
)

// everything has every part of the chart on.
func everything() object {
	peer := []any{object{"namespaceSelector": object{"matchLabels": object{"kubernetes.io/metadata.name": "other"}}}}
	return object{
		"image":    object{"digest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "pullSecrets": []any{"registry"}},
		"temporal": object{"address": "temporal.example.com:7233", "namespace": "acme", "tls": true, "certificates": object{"secret": "temporal"}},
		"secrets":  object{"create": object{"OUTREACH_STORE": storeURL, "OUTREACH_TWILIO_AUTH_TOKEN": twilioToken}},
		"config":   object{"OUTREACH_SMS": "twilio", "OUTREACH_SMTP_PORT": 587},
		"rules":    object{"from": "files"}, "publicURL": "https://messages.example.com", "callTimeoutSeconds": 60,
		"worker": object{
			"autoscaling": object{"enabled": true}, "nodeSelector": object{"disk": "fast"}, "podAnnotations": object{"note": "one"},
			"tolerations": []any{object{"key": "spot", "operator": "Exists"}},
			"affinity":    object{"nodeAffinity": object{"requiredDuringSchedulingIgnoredDuringExecution": object{"nodeSelectorTerms": []any{object{"matchExpressions": []any{object{"key": "a", "operator": "Exists"}}}}}}},
		},
		"intake":  object{"autoscaling": object{"enabled": true}},
		"service": object{"annotations": object{"a": "b"}},
		"ingress": object{"enabled": true, "className": "nginx", "host": "messages.example.com", "tlsSecret": "messages", "annotations": object{"a": "b"}},
		"networkPolicy": object{
			"enabled": true, "ingressFrom": peer, "monitoringFrom": peer, "postgres": object{"port": 6432, "to": peer},
			"temporal": object{"to": peer}, "dns": object{"to": peer}, "providers": object{"ports": []any{443, 587}},
		},
		"monitoring":     object{"serviceMonitor": object{"enabled": true, "labels": object{"release": "kps"}}, "prometheusRule": object{"enabled": true}},
		"serviceAccount": object{"annotations": object{"a": "b"}}, "priorityClassName": "high",
		"extraVolumes":      []any{object{"name": "ca", "configMap": object{"name": "ca"}}},
		"extraVolumeMounts": []any{object{"name": "ca", "mountPath": "/etc/postgres", "readOnly": true}},
	}
}
