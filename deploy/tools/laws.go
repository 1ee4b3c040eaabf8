package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// rendered are a form's objects, by kind.
type rendered struct {
	form        form
	deployments []appsv1.Deployment
	jobs        []batchv1.Job
	services    []corev1.Service
	configMaps  []corev1.ConfigMap
	secrets     []corev1.Secret
	ingresses   []networkingv1.Ingress
	budgets     []policyv1.PodDisruptionBudget
	scalers     []autoscalingv2.HorizontalPodAutoscaler
	custom      []object
	texts       map[string]string // every object's YAML, by kind and name
}

// lawful holds a form's objects to what schemas cannot say: that they fit each
// other, the engine, and this house's rules of safety.
func lawful(f form, text string) error {
	r, err := sort(f, text)
	if err != nil {
		return err
	}
	var all []error
	for _, law := range []func(rendered) []error{
		rolesAreRight, probesAreAnswered, podsAreLocked, stopsAreLong, namesMeet, secretsStaySecret, hooksComeFirst, tablesComeFirst, doorsAreFew,
	} {
		all = append(all, law(r)...)
	}
	return errors.Join(all...)
}

func sort(f form, text string) (rendered, error) {
	r := rendered{form: f, texts: map[string]string{}}
	objects, err := parse(text)
	if err != nil {
		return r, err
	}
	for _, o := range objects {
		one, err := yaml.Marshal(o)
		if err != nil {
			return r, err
		}
		kind, _ := o["kind"].(string)
		metadata, _ := o["metadata"].(object)
		r.texts[fmt.Sprint(kind, " ", metadata["name"], " ", len(r.texts))] = string(one)
		if err := r.put(kind, one, o); err != nil {
			return r, fmt.Errorf("%s: %w", kind, err)
		}
	}
	return r, nil
}

func (r *rendered) put(kind string, text []byte, o object) error {
	switch kind {
	case "Deployment":
		return add(&r.deployments, text)
	case "Job":
		return add(&r.jobs, text)
	case "Service":
		return add(&r.services, text)
	case "ConfigMap":
		return add(&r.configMaps, text)
	case "Secret":
		return add(&r.secrets, text)
	case "Ingress":
		return add(&r.ingresses, text)
	case "PodDisruptionBudget":
		return add(&r.budgets, text)
	case "HorizontalPodAutoscaler":
		return add(&r.scalers, text)
	}
	r.custom = append(r.custom, o)
	return nil
}

func add[T any](list *[]T, text []byte) error {
	var one T
	if err := yaml.UnmarshalStrict(text, &one); err != nil {
		return err
	}
	*list = append(*list, one)
	return nil
}

// rolesAreRight: each role that the form asks for runs, as that role.
func rolesAreRight(r rendered) (wrong []error) {
	var roles []string
	for _, d := range r.deployments {
		role := d.Spec.Template.Labels["app.kubernetes.io/component"]
		roles = append(roles, role)
		for _, e := range d.Spec.Template.Spec.Containers[0].Env {
			if e.Name == "OUTREACH_ROLE" && e.Value != role {
				wrong = append(wrong, fmt.Errorf("%s: OUTREACH_ROLE is %q", d.Name, e.Value))
			}
		}
		if !slices.ContainsFunc(d.Spec.Template.Spec.Containers[0].Env, func(e corev1.EnvVar) bool { return e.Name == "OUTREACH_ROLE" }) {
			wrong = append(wrong, fmt.Errorf("%s: has no OUTREACH_ROLE", d.Name))
		}
		if serves := slices.Contains(ports(d.Spec.Template.Spec), "http"); serves == (role == "worker") {
			wrong = append(wrong, fmt.Errorf("%s: has the port http: %v", d.Name, serves))
		}
	}
	if !slices.Equal(slices.Sorted(slices.Values(roles)), r.form.roles) {
		wrong = append(wrong, fmt.Errorf("roles: %v run, not %v", roles, r.form.roles))
	}
	return wrong
}

func ports(pod corev1.PodSpec) (names []string) {
	for _, p := range pod.Containers[0].Ports {
		names = append(names, p.Name)
	}
	return names
}

// answers are what the admin port answers.
var answers = []string{"/live", "/ready"}

// probesAreAnswered: every probe asks a path that there is, by a port that the
// container names.
func probesAreAnswered(r rendered) (wrong []error) {
	for _, d := range r.deployments {
		c := d.Spec.Template.Spec.Containers[0]
		for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
			switch {
			case probe == nil || probe.HTTPGet == nil:
				wrong = append(wrong, fmt.Errorf("%s: has no %s probe", d.Name, name))
			case !slices.Contains(answers, probe.HTTPGet.Path):
				wrong = append(wrong, fmt.Errorf("%s: its %s probe asks %s, which nobody answers", d.Name, name, probe.HTTPGet.Path))
			case (probe.HTTPGet.Path == "/ready") != (name == "readiness"):
				wrong = append(wrong, fmt.Errorf("%s: its %s probe asks %s", d.Name, name, probe.HTTPGet.Path))
			case !slices.Contains(ports(d.Spec.Template.Spec), probe.HTTPGet.Port.StrVal):
				wrong = append(wrong, fmt.Errorf("%s: its %s probe asks the port %q, which it does not name", d.Name, name, probe.HTTPGet.Port.String()))
			}
		}
	}
	return wrong
}

// pods gives every pod that the form would run, by name.
func (r rendered) pods() map[string]corev1.PodSpec {
	pods := map[string]corev1.PodSpec{}
	for _, d := range r.deployments {
		pods[d.Name] = d.Spec.Template.Spec
	}
	for _, j := range r.jobs {
		pods[j.Name] = j.Spec.Template.Spec
	}
	return pods
}

// podsAreLocked: no pod can do more than it must.
func podsAreLocked(r rendered) (wrong []error) {
	for name, pod := range r.pods() {
		for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
			wrong = append(wrong, locked(name, pod, c)...)
		}
	}
	return wrong
}

// locked holds one of a pod's containers to that.
func locked(name string, pod corev1.PodSpec, c corev1.Container) (wrong []error) {
	s := pod.SecurityContext
	holds := map[string]bool{
		"runs as nobody": s != nil && s.RunAsNonRoot != nil && *s.RunAsNonRoot && s.RunAsUser != nil && *s.RunAsUser == 65532,
		"seccomp":        s != nil && s.SeccompProfile != nil && s.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"no token":       pod.AutomountServiceAccountToken != nil && !*pod.AutomountServiceAccountToken,
		"read-only":      c.SecurityContext != nil && c.SecurityContext.ReadOnlyRootFilesystem != nil && *c.SecurityContext.ReadOnlyRootFilesystem,
		"no escalation":  c.SecurityContext != nil && c.SecurityContext.AllowPrivilegeEscalation != nil && !*c.SecurityContext.AllowPrivilegeEscalation,
		"no capability": c.SecurityContext != nil && c.SecurityContext.Capabilities != nil &&
			slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}) && len(c.SecurityContext.Capabilities.Add) == 0,
		"requests":     !c.Resources.Requests.Cpu().IsZero() && !c.Resources.Requests.Memory().IsZero(),
		"memory limit": !c.Resources.Limits.Memory().IsZero(),
		"pinned image": strings.ContainsAny(c.Image[strings.LastIndex(c.Image, "/")+1:], ":@") && !strings.HasSuffix(c.Image, ":latest"),
	}
	for what, is := range holds {
		if !is {
			wrong = append(wrong, fmt.Errorf("%s: lacks %q", name, what))
		}
	}
	for _, m := range c.VolumeMounts {
		if !slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name }) {
			wrong = append(wrong, fmt.Errorf("%s: mounts %s, which is no volume", name, m.Name))
		}
		if !m.ReadOnly {
			wrong = append(wrong, fmt.Errorf("%s: can write to %s", name, m.MountPath))
		}
	}
	return wrong
}
