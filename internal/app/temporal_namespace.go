package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/outreach-engine/outreach/workflows"
)

// minRetention is how long ended workflows must stay to be looked at.
const minRetention = 30 * 24 * time.Hour

// mostKeywords is how many search attributes of the kind Keyword a self-hosted
// server on SQL has room for in a namespace.
// https://docs.temporal.io/search-attribute#custom-search-attribute-limits
const mostKeywords = 10

// namespace is what the engine needs to know of its namespace.
type namespace struct {
	id        string
	retention time.Duration
	missing   []string // search attributes that are not declared, sorted
	other     []string // those that are declared as something else, sorted
	keywords  int      // declared attributes of the kind Keyword, ours or not; 0 where nobody says
	unseen    error    // why search attributes could not be looked at
}

// notServed is the code of a call that a server does not know: 12 of
// https://grpc.io/docs/guides/status-codes.
const notServed codes.Code = 12

// codeOf gives what a call of Temporal failed with.
func codeOf(err error) codes.Code {
	if service, known := errors.AsType[interface {
		error
		Status() *status.Status
	}](err); known {
		return service.Status().Code()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return codes.DeadlineExceeded
	}
	return status.Code(err)
}

// describe asks for the namespace, whose id it gives with how long ended
// workflows are kept.
func (o Options) describe(ctx context.Context, c client.Client) (namespace, error) {
	described, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: o.TemporalNamespace})
	if err != nil {
		return namespace{}, o.tellCall(err)
	}
	return namespace{
		id:        described.GetNamespaceInfo().GetId(),
		retention: described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(),
	}, nil
}

// tellCall says what became of a call, and what to do about it.
func (o Options) tellCall(err error) error {
	if _, gone := errors.AsType[*serviceerror.NamespaceNotFound](err); gone {
		return o.noNamespace(err)
	}
	switch codeOf(err) {
	case codes.NotFound:
		return o.noNamespace(err)
	case codes.Unauthenticated, codes.PermissionDenied:
		return o.refused(err)
	case notServed:
		return o.forGood(err, "it is no frontend of Temporal (%v); is --temporal-address right?", err)
	}
	return o.passing(err, "no answer (%v)", err)
}

func (o Options) noNamespace(err error) error {
	return &temporalError{lasting: true, err: err, text: fmt.Sprintf("temporal has no namespace %q; make it with:%s", o.TemporalNamespace, lines(o.makeNamespace()))}
}

func (o Options) refused(err error) error {
	who := "nobody said who we are; give OUTREACH_TEMPORAL_API_KEY, or --temporal-cert and --temporal-key"
	switch {
	case o.TemporalAPIKeyFile != "":
		who = "the API key of " + o.TemporalAPIKeyFile + " does not open it; is it valid still, and for this namespace?"
	case o.TemporalAPIKey != "":
		who = "OUTREACH_TEMPORAL_API_KEY does not open it; is it valid still, and for this namespace?"
	case o.TemporalCert != "":
		who = "the certificate " + o.TemporalCert + " does not open it; is it valid still, and for this namespace?"
	}
	if o.hosted() && !strings.Contains(o.TemporalNamespace, ".") {
		who += " Its namespaces are called NAME.ACCOUNT: give --temporal-namespace so"
	}
	return o.forGood(err, "namespace %s is closed to us (%v): %s", o.TemporalNamespace, err, who)
}

// declared gives the search attributes of the namespace. Where the operator's
// service is not served, each is tried in a query: a server refuses a query
// that names what was not declared.
func (o Options) declared(ctx context.Context, c client.Client, n namespace) namespace {
	listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: o.TemporalNamespace})
	if err != nil {
		return o.tried(ctx, c, n)
	}
	for _, kind := range listed.GetCustomAttributes() {
		if kind == enumspb.INDEXED_VALUE_TYPE_KEYWORD {
			n.keywords++
		}
	}
	for _, name := range attributes() {
		switch kind, is := listed.GetCustomAttributes()[name]; {
		case !is:
			n.missing = append(n.missing, name)
		case kind != workflows.SearchAttributes()[name]:
			n.other = append(n.other, name)
		}
	}
	return n
}

// tried asks for the search attributes by queries that find nothing.
func (o Options) tried(ctx context.Context, c client.Client, n namespace) namespace {
	for _, name := range attributes() {
		_, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: o.TemporalNamespace, PageSize: 1, Query: name + " = 'is it declared?'",
		})
		switch {
		case err == nil:
		case codeOf(err) == codes.InvalidArgument:
			n.missing = append(n.missing, name)
		default:
			n.unseen = err
			return n
		}
	}
	return n
}

// attributes are the names of our search attributes, sorted.
func attributes() []string { return slices.Sorted(maps.Keys(workflows.SearchAttributes())) }

// fit checks the namespace: what makes starts impossible is an error, what
// only shortens what operators see is a warning. Both say how to mend it.
func (o Options) fit(ctx context.Context, c client.Client) (namespace, error) {
	n, err := o.describe(ctx, c)
	if err != nil {
		return n, err
	}
	n = o.declared(ctx, c, n)
	if err := o.unfit(n); err != nil {
		return n, err
	}
	if n.unseen != nil {
		o.Logger.Warn("temporal's search attributes could not be looked at; if they are missing, no outreach starts; declare them with:"+
			lines(o.declare(attributes())), "error", n.unseen)
	}
	if n.retention > 0 && n.retention < minRetention {
		o.Logger.Warn("temporal namespace keeps ended workflows for less than 30 days; mend it with:" + lines([]string{o.keepLonger()}))
	}
	return n, nil
}

// unfit says what makes starts in the namespace impossible.
func (o Options) unfit(n namespace) error {
	if len(n.missing)+len(n.other) == 0 {
		return nil
	}
	var wrong []string
	if len(n.missing) > 0 {
		wrong = append(wrong, "lacks the search attributes "+strings.Join(n.missing, ", "))
	}
	if len(n.other) > 0 {
		wrong = append(wrong, "has search attributes of another kind: "+strings.Join(n.other, ", "))
	}
	commands := o.mend(n)
	room := mostKeywords - n.keywords
	if wanted := len(n.missing) + len(n.other); !o.hosted() && n.keywords > 0 && wanted > room {
		commands = append(commands, fmt.Sprintf("# a server on SQL has room for %d of the kind Keyword in a namespace, and %d are taken: remove some first, or take a namespace of its own", mostKeywords, n.keywords))
	}
	return &temporalError{lasting: true, text: fmt.Sprintf("temporal namespace %s %s; mend it with:%s", o.TemporalNamespace, strings.Join(wrong, " and "), lines(commands))}
}

// lines writes commands below a text.
func lines(commands []string) string { return "\n  " + strings.Join(commands, "\n  ") }
