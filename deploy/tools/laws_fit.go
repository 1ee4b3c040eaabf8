package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// settling is how long an engine takes to stop beside its longest call: 10 s
// for the worker, 5 s to record, 10 s for HTTP, and some air.
const settling = 30 * time.Second

// stopsAreLong: a process that is stopped is given the time to end in order.
func stopsAreLong(r rendered) (wrong []error) {
	for _, m := range r.configMaps {
		said, ok := m.Data["OUTREACH_CALL_TIMEOUT"]
		if !ok {
			continue
		}
		call, err := time.ParseDuration(said)
		if err != nil {
			return []error{fmt.Errorf("OUTREACH_CALL_TIMEOUT: %w", err)}
		}
		for _, d := range r.deployments {
			pod := d.Spec.Template.Spec
			needed := call + settling + time.Duration(pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds)*time.Second
			if given := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second; given < needed {
				wrong = append(wrong, fmt.Errorf("%s: has %s to stop and needs %s", d.Name, given, needed))
			}
		}
	}
	return wrong
}

// selected gives the deployments whose pods a selector takes.
func (r rendered) selected(by map[string]string) (found []appsv1.Deployment) {
	for _, d := range r.deployments {
		if labels.SelectorFromSet(by).Matches(labels.Set(d.Spec.Template.Labels)) {
			found = append(found, d)
		}
	}
	return found
}

// namesMeet: whatever names another object names one that is there, and each
// deployment's pods are its own.
func namesMeet(r rendered) (wrong []error) {
	for _, d := range r.deployments {
		if got := r.selected(d.Spec.Selector.MatchLabels); len(got) != 1 || got[0].Name != d.Name {
			wrong = append(wrong, fmt.Errorf("deployment %s: selects the pods of %d", d.Name, len(got)))
		}
	}
	for _, s := range r.services {
		taken := r.selected(s.Spec.Selector)
		if len(taken) == 0 {
			wrong = append(wrong, fmt.Errorf("service %s: selects nothing", s.Name))
		}
		for _, d := range taken {
			for _, p := range s.Spec.Ports {
				if !slices.Contains(ports(d.Spec.Template.Spec), p.TargetPort.StrVal) {
					wrong = append(wrong, fmt.Errorf("service %s: leads to the port %s, which %s does not have", s.Name, p.TargetPort.StrVal, d.Name))
				}
			}
		}
	}
	for _, b := range r.budgets {
		if len(r.selected(b.Spec.Selector.MatchLabels)) != 1 {
			wrong = append(wrong, fmt.Errorf("budget %s: is not of one deployment", b.Name))
		}
	}
	return append(wrong, r.scalersMeet()...)
}

// scalersMeet: what grows is there, and nobody else says how many there are.
func (r rendered) scalersMeet() (wrong []error) {
	grow := map[string]bool{}
	for _, s := range r.scalers {
		grow[s.Spec.ScaleTargetRef.Name] = true
	}
	for _, o := range r.custom {
		if o["kind"] == "ScaledObject" {
			target, _ := o["spec"].(object)["scaleTargetRef"].(object)
			grow[fmt.Sprint(target["name"])] = true
		}
	}
	for _, d := range r.deployments {
		if fixed := d.Spec.Replicas != nil; fixed == grow[d.Name] {
			wrong = append(wrong, fmt.Errorf("deployment %s: a number is set: %v; something scales it: %v", d.Name, fixed, grow[d.Name]))
		}
		delete(grow, d.Name)
	}
	for name := range grow {
		wrong = append(wrong, fmt.Errorf("something scales %s, which is not there", name))
	}
	return wrong
}

// secretsStaySecret: what is secret stands in Secrets alone, and comes to the
// processes as files that are there.
func secretsStaySecret(r rendered) (wrong []error) {
	for name, text := range r.texts {
		for _, hidden := range r.form.hidden {
			if strings.Contains(text, hidden) && !strings.HasPrefix(name, "Secret ") {
				wrong = append(wrong, fmt.Errorf("%s: holds a secret", name))
			}
		}
	}
	for name, pod := range r.pods() {
		for _, e := range pod.Containers[0].Env {
			file, is := strings.CutPrefix(e.Value, "/run/secrets/outreach/")
			if !is {
				continue
			}
			if !strings.HasPrefix(e.Name, "OUTREACH_") || e.Name != file+"_FILE" {
				wrong = append(wrong, fmt.Errorf("%s: %s reads %s", name, e.Name, e.Value))
			}
			if made := r.made(pod); made != nil && made.StringData[file] == "" {
				wrong = append(wrong, fmt.Errorf("%s: %s is not in the secret %s", name, file, made.Name))
			}
		}
	}
	return wrong
}

// made gives the chart's own secret that a pod mounts, nil where it mounts one
// that is there already.
func (r rendered) made(pod corev1.PodSpec) *corev1.Secret {
	for _, v := range pod.Volumes {
		for i, s := range r.secrets {
			if v.Name == "secrets" && v.Secret != nil && v.Secret.SecretName == s.Name {
				return &r.secrets[i]
			}
		}
	}
	return nil
}

const (
	hook   = "helm.sh/hook"
	weight = "helm.sh/hook-weight"
)

// hooksComeFirst: the job runs before everything else, and what it reads is
// there by then.
func hooksComeFirst(r rendered) (wrong []error) {
	ready := map[string]int{}
	for _, s := range r.secrets {
		if s.Annotations[hook] != "" {
			ready[s.Name] = number(s.Annotations[weight])
		}
	}
	for _, m := range r.configMaps {
		if m.Annotations[hook] != "" {
			ready[m.Name] = number(m.Annotations[weight])
		}
	}
	if len(r.jobs) != 1 {
		return []error{fmt.Errorf("jobs: %d, there is one", len(r.jobs))}
	}
	job := r.jobs[0]
	if job.Annotations[hook] != "pre-install,pre-upgrade" {
		wrong = append(wrong, fmt.Errorf("job %s: runs at %q", job.Name, job.Annotations[hook]))
	}
	ours := slices.Concat(slices.Collect(maps.Keys(ready)), r.released())
	for _, v := range job.Spec.Template.Spec.Volumes {
		for _, name := range []string{secretOf(v), mapOf(v)} {
			at, before := ready[name]
			if slices.Contains(ours, name) && (!before || at >= number(job.Annotations[weight])) {
				wrong = append(wrong, fmt.Errorf("job %s: reads %s, which is not there yet", job.Name, name))
			}
		}
	}
	return wrong
}

// tablesComeFirst: the job brings the tables up before it does anything else, and
// reaches the store as its other step does.
func tablesComeFirst(r rendered) (wrong []error) {
	for _, job := range r.jobs {
		pod := job.Spec.Template.Spec
		if len(pod.InitContainers) != 1 || !slices.Equal(pod.InitContainers[0].Args, []string{"store", "migrate"}) {
			wrong = append(wrong, fmt.Errorf("job %s: does not begin with outreach store migrate", job.Name))
			continue
		}
		tables, rules := pod.InitContainers[0], pod.Containers[0]
		if tables.Image != rules.Image || !slices.Equal(tables.Env, rules.Env) {
			wrong = append(wrong, fmt.Errorf("job %s: its steps are of different programs or stores", job.Name))
		}
	}
	return wrong
}

// released gives the names of the secrets and maps that come after the hooks.
func (r rendered) released() (names []string) {
	for _, s := range r.secrets {
		if s.Annotations[hook] == "" {
			names = append(names, s.Name)
		}
	}
	for _, m := range r.configMaps {
		if m.Annotations[hook] == "" {
			names = append(names, m.Name)
		}
	}
	return names
}

func secretOf(v corev1.Volume) string {
	if v.Secret == nil {
		return ""
	}
	return v.Secret.SecretName
}

func mapOf(v corev1.Volume) string {
	if v.ConfigMap == nil {
		return ""
	}
	return v.ConfigMap.Name
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// doors are the paths that the world may ask.
func doors() []string { return []string{"/callbacks/", "/p/", "/u/", "/v1/"} }

// doorsAreFew: the ingress lets the doors through and nothing else, to a
// service and a port that are there.
func doorsAreFew(r rendered) (wrong []error) {
	for _, i := range r.ingresses {
		var paths []string
		for _, rule := range i.Spec.Rules {
			for _, p := range rule.HTTP.Paths {
				paths = append(paths, p.Path)
				to := p.Backend.Service
				if !slices.ContainsFunc(r.services, func(s corev1.Service) bool {
					return s.Name == to.Name && slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == to.Port.Name && p.Name == "http" })
				}) {
					wrong = append(wrong, fmt.Errorf("ingress: %s leads to %s:%s, which is not there", p.Path, to.Name, to.Port.Name))
				}
			}
		}
		if slices.Sort(paths); !slices.Equal(paths, doors()) {
			wrong = append(wrong, fmt.Errorf("ingress: lets %v through, not %v", paths, doors()))
		}
	}
	return wrong
}
