package app

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/outreach-engine/outreach/workflows"
)

// frontend is as much of a Temporal frontend as a start needs. Its polls find
// nothing.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer

	namespace  string
	id         string
	retention  time.Duration
	attributes map[string]enumspb.IndexedValueType
	hosted     bool   // the operator's service is closed
	blind      bool   // and queries are, too
	key        string // that opens it; "": any
	refusal    codes.Code

	mu      sync.Mutex
	keys    []string // that came
	polls   int
	started []*workflowservice.StartWorkflowExecutionRequest
	woken   []*workflowservice.SignalWithStartWorkflowExecutionRequest
}

// whole is a frontend that has all that an engine needs.
func whole() *frontend {
	return &frontend{namespace: "default", id: "one", retention: minRetention, attributes: workflows.SearchAttributes(), refusal: codes.Unauthenticated}
}

// serve lets it listen, at an address or a free one of loopback, and gives the
// address.
func (f *frontend) serve(t *testing.T, address string, secure *tls.Config) (at string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	options := []grpc.ServerOption{grpc.UnaryInterceptor(f.admit)}
	if secure != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(secure)))
	}
	server := grpc.NewServer(options...)
	workflowservice.RegisterWorkflowServiceServer(server, f)
	operatorservice.RegisterOperatorServiceServer(server, &operator{frontend: f})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String(), server.Stop
}

func (f *frontend) admit(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	given, _ := metadata.FromIncomingContext(ctx)
	key := strings.TrimPrefix(strings.Join(given.Get("authorization"), ""), "Bearer ")
	f.mu.Lock()
	f.keys = append(f.keys, key)
	f.mu.Unlock()
	if f.key != "" && key != f.key {
		return nil, status.Error(f.refusal, "Request unauthorized.")
	}
	response, err := handle(ctx, request)
	if err != nil {
		err = serviceerror.ToStatus(err).Err()
	}
	return response, err
}

// set changes it while it serves.
func (f *frontend) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{ServerVersion: "1.32.1", Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (f *frontend) DescribeNamespace(_ context.Context, r *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.GetNamespace() != f.namespace {
		return nil, serviceerror.NewNamespaceNotFound(r.GetNamespace())
	}
	return &workflowservice.DescribeNamespaceResponse{
		NamespaceInfo: &namespacepb.NamespaceInfo{Name: f.namespace, Id: f.id, State: enumspb.NAMESPACE_STATE_REGISTERED},
		Config:        &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(f.retention)},
	}, nil
}

func (f *frontend) ListWorkflowExecutions(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	name, _, _ := strings.Cut(r.GetQuery(), " ")
	if _, ours := workflows.SearchAttributes()[name]; ours {
		if f.blind {
			return nil, status.Error(codes.PermissionDenied, "not for you")
		}
		if f.attributes[name] == 0 {
			return nil, serviceerror.NewInvalidArgument("invalid query: invalid search attribute: " + name)
		}
	}
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (f *frontend) PollWorkflowTaskQueue(ctx context.Context, _ *workflowservice.PollWorkflowTaskQueueRequest) (*workflowservice.PollWorkflowTaskQueueResponse, error) {
	f.poll(ctx)
	return &workflowservice.PollWorkflowTaskQueueResponse{}, nil
}

func (f *frontend) PollActivityTaskQueue(ctx context.Context, _ *workflowservice.PollActivityTaskQueueRequest) (*workflowservice.PollActivityTaskQueueResponse, error) {
	f.poll(ctx)
	return &workflowservice.PollActivityTaskQueueResponse{}, nil
}

func (f *frontend) poll(ctx context.Context) {
	f.set(func() { f.polls++ })
	<-ctx.Done()
}

func (f *frontend) StartWorkflowExecution(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	f.set(func() { f.started = append(f.started, r) })
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "run"}, nil
}

func (f *frontend) SignalWithStartWorkflowExecution(_ context.Context, r *workflowservice.SignalWithStartWorkflowExecutionRequest) (*workflowservice.SignalWithStartWorkflowExecutionResponse, error) {
	f.set(func() { f.woken = append(f.woken, r) })
	return &workflowservice.SignalWithStartWorkflowExecutionResponse{RunId: "run"}, nil
}

// operator is the operator's service of a frontend.
type operator struct {
	operatorservice.UnimplementedOperatorServiceServer
	frontend *frontend
}

func (o *operator) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	if o.frontend.hosted {
		return nil, status.Error(codes.PermissionDenied, "Request unauthorized.")
	}
	o.frontend.mu.Lock()
	defer o.frontend.mu.Unlock()
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: maps.Clone(o.frontend.attributes)}, nil
}
