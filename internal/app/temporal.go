package app

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/workflows"
)

// minRetention is how long ended workflows must stay to be looked at.
const minRetention = 30 * 24 * time.Hour

// dial connects to Temporal, at once: an address where nobody answers is an
// error that names it.
func (o Options) dial(ctx context.Context) (client.Client, error) {
	options := client.Options{
		HostPort: o.TemporalAddress, Namespace: o.TemporalNamespace,
		Logger: log.NewStructuredLogger(quiet(o.Logger)),
	}
	secure, err := o.tls()
	if err != nil {
		return nil, err
	}
	options.ConnectionOptions.TLS = secure
	if o.TemporalAPIKey != "" {
		options.Credentials = client.NewAPIKeyStaticCredentials(o.TemporalAPIKey)
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("temporal at %s: %w; is it running, and is --temporal-address right?", o.TemporalAddress, err)
	}
	return c, nil
}

func (o Options) tls() (*tls.Config, error) {
	if o.TemporalTLS != "" && o.TemporalTLS != "on" && o.TemporalTLS != "off" {
		return nil, fmt.Errorf("--temporal-tls: %q is neither on nor off", o.TemporalTLS)
	}
	wanted := o.TemporalTLS == "on" || o.TemporalAPIKey != "" || o.TemporalCert != "" || o.TemporalCA != ""
	if !wanted || o.TemporalTLS == "off" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.TemporalCert != "" || o.TemporalKey != "" {
		pair, err := tls.LoadX509KeyPair(o.TemporalCert, o.TemporalKey)
		if err != nil {
			return nil, fmt.Errorf("--temporal-cert and --temporal-key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if o.TemporalCA != "" {
		pem, err := os.ReadFile(o.TemporalCA)
		if err != nil {
			return nil, fmt.Errorf("--temporal-ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--temporal-ca: %s holds no certificate in PEM", o.TemporalCA)
		}
	}
	return config, nil
}

// namespace is what the engine needs to know of its namespace.
type namespace struct {
	id        string
	retention time.Duration
	missing   []string // search attributes that are not declared, sorted
}

func (o Options) namespace(ctx context.Context, c client.Client) (namespace, error) {
	described, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: o.TemporalNamespace})
	if _, gone := errors.AsType[*serviceerror.NamespaceNotFound](err); gone {
		return namespace{}, fmt.Errorf("temporal has no namespace %q; make it with:\n  temporal operator namespace create --namespace %s --retention 720h",
			o.TemporalNamespace, o.TemporalNamespace)
	}
	if err != nil {
		return namespace{}, fmt.Errorf("temporal namespace %s: %w", o.TemporalNamespace, err)
	}
	n := namespace{id: described.GetNamespaceInfo().GetId(), retention: described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()}
	listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: o.TemporalNamespace})
	if err != nil {
		return n, fmt.Errorf("temporal search attributes: %w", err)
	}
	for name, kind := range workflows.SearchAttributes() {
		if listed.GetCustomAttributes()[name] != kind {
			n.missing = append(n.missing, name)
		}
	}
	slices.Sort(n.missing)
	return n, nil
}

// mend gives the commands that make a namespace fit, "" when it does.
func (n namespace) mend(name string) string {
	var b strings.Builder
	if n.retention > 0 && n.retention < minRetention {
		fmt.Fprintf(&b, "\n  temporal operator namespace update --namespace %s --retention 720h", name)
	}
	for _, attribute := range n.missing {
		kind := workflows.SearchAttributes()[attribute]
		fmt.Fprintf(&b, "\n  temporal operator search-attribute create --namespace %s --name %s --type %s", name, attribute, typeName(kind))
	}
	return b.String()
}

func typeName(kind enumspb.IndexedValueType) string { return kind.String() }

// fit checks the namespace: what makes starts impossible is an error, what
// only shortens what operators see is a warning. Both say how to mend it.
func (o Options) fit(ctx context.Context, c client.Client) (namespace, error) {
	n, err := o.namespace(ctx, c)
	if err != nil {
		return n, err
	}
	commands := n.mend(o.TemporalNamespace)
	if len(n.missing) > 0 {
		return n, fmt.Errorf("temporal namespace %s lacks the search attributes %s; mend it with:%s",
			o.TemporalNamespace, strings.Join(n.missing, ", "), commands)
	}
	if commands != "" {
		o.Logger.Warn("temporal namespace keeps ended workflows for less than 30 days; mend it with:" + commands)
	}
	return n, nil
}

// namespaceKey is the setting that remembers the namespace's own id.
const namespaceKey = "temporal namespace id"

// storeKey is the setting that holds the store's own id.
const storeKey = "store id"

// storeID gives the store's own id, made when it is first asked for.
func storeID(ctx context.Context, store ledger.Store) (id string, err error) {
	err = store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		if err := tx.Alter(); err != nil {
			return err
		}
		known, ok, err := tx.Setting(storeKey)
		if id = known; err != nil || ok {
			return err
		}
		id = rand.Text()
		return tx.SetSetting(storeKey, id)
	})
	return id, err
}

// sole makes sure that no engine on another store works in the namespace: the
// two would take each other's workflows up and find nothing.
func (o Options) sole(ctx context.Context, c client.Client, store string) error {
	list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: o.TemporalNamespace, PageSize: 20,
		Query: "WorkflowType = '" + workflows.WatchType + "' AND ExecutionStatus = 'Running'",
	})
	if err != nil {
		return fmt.Errorf("temporal namespace %s: %w", o.TemporalNamespace, err)
	}
	for _, w := range list.GetExecutions() {
		var other string
		memo, ok := w.GetMemo().GetFields()[workflows.StoreMemo]
		if !ok || converter.GetDefaultDataConverter().FromPayload(memo, &other) != nil || other == store {
			continue
		}
		return fmt.Errorf("temporal namespace %s is used by an engine with another store; give each store a namespace of its own with --temporal-namespace, "+
			"or, if that store is gone for good, end what it left:\n  temporal workflow terminate --namespace %s --reason \"its store is gone\" --query \"WorkflowType IN ('%s', '%s')\"",
			o.TemporalNamespace, o.TemporalNamespace, workflows.WatchType, workflows.OutreachType)
	}
	return nil
}

// refound starts all open outreaches anew when the namespace is not the one
// that they were started in: its database was lost or replaced.
func refound(ctx context.Context, store ledger.Store, id string) (restarted int64, err error) {
	err = store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		restarted = 0
		if err := tx.Alter(); err != nil {
			return err
		}
		known, ok, err := tx.Setting(namespaceKey)
		if err != nil || ok && known == id {
			return err
		}
		if ok {
			if restarted, err = tx.Restart(); err != nil {
				return err
			}
		}
		return tx.SetSetting(namespaceKey, id)
	})
	return restarted, err
}
