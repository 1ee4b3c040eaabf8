package app

import (
	"context"
	"crypto/rand"
	"fmt"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/workflows"
)

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
		return o.tellCall(err)
	}
	for _, w := range list.GetExecutions() {
		var other string
		memo, ok := w.GetMemo().GetFields()[workflows.StoreMemo]
		if !ok || converter.GetDefaultDataConverter().FromPayload(memo, &other) != nil || other == store {
			continue
		}
		return &temporalError{lasting: true, text: fmt.Sprintf("temporal namespace %s is used by an engine with another store; give each store a namespace of its own with --temporal-namespace, "+
			"or, if that store is gone for good, end what it left:\n  temporal workflow terminate --namespace %s --reason \"its store is gone\" --query \"WorkflowType IN ('%s', '%s')\"%s",
			o.TemporalNamespace, o.TemporalNamespace, workflows.WatchType, workflows.OutreachType, o.there())}
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

// refound says how many outreaches were started anew.
func (o Options) refound(ctx context.Context, store ledger.Store, n namespace) error {
	restarted, err := refound(ctx, store, n.id)
	if restarted > 0 {
		o.Logger.Warn("temporal's database is a new one: open outreaches are started anew from the store", "outreaches", restarted)
	}
	return err
}
