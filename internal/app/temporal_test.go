package app

import (
	"context"
	"crypto/tls"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
	"github.com/outreach-engine/outreach/workflows"
)

// openLedger gives an empty store.
func openLedger(t *testing.T) ledger.Store {
	t.Helper()
	return sqlitetest.Open(t, sqlite.Options{})
}

// towards gives options of an engine whose Temporal is at an address.
func towards(address string) Options {
	o := Defaults()
	o.TemporalAddress, o.Logger = address, slog.New(slog.DiscardHandler)
	return o
}

// look is one look of an engine at its Temporal.
func look(t *testing.T, o Options) error {
	t.Helper()
	l, err := o.linkTemporal(t.Context(), openLedger(t))
	if err != nil {
		return err
	}
	l.client.Close()
	ok, detail := l.state.Check()
	require.Equal(t, ok, l.ready())
	if !ok {
		return &temporalError{text: detail}
	}
	return nil
}

func TestAFrontendThatHasAllIsTaken(t *testing.T) {
	t.Parallel()
	address, _ := whole().serve(t, "127.0.0.1:0", nil)
	require.NoError(t, look(t, towards(address)))
}

// TestTroubleWithTheConnectionIsTold has one listener of each fault. What waiting
// may mend lets the engine start, what it cannot mend does not.
func TestTroubleWithTheConnectionIsTold(t *testing.T) {
	t.Parallel()
	signer, stranger := newAuthority(t), newAuthority(t)
	soon := time.Now().Add(time.Hour)
	strange, strangeKey := stranger.sign("loopback", soon)
	cert, key := signer.sign("engine", soon)
	for name, c := range map[string]struct {
		server *tls.Config // nil: plain
		change func(o *Options)
		want   string // "": all is well
	}{
		"plain":                      {nil, func(*Options) {}, ""},
		"plain against TLS":          {signer.server("loopback", soon), func(*Options) {}, "it speaks TLS, and we do not; give --temporal-tls on"},
		"plain against guarded":      {signer.guarded(), func(*Options) {}, "it speaks TLS, and we do not"},
		"TLS against plain":          {nil, func(o *Options) { o.TemporalTLS = "on" }, "it does not speak TLS, and we do; leave --temporal-tls"},
		"a key against plain":        {nil, func(o *Options) { o.TemporalAPIKey = "k" }, "it does not speak TLS, and we do"},
		"TLS":                        {signer.server("loopback", soon), func(o *Options) { o.TemporalCA = signer.file }, ""},
		"signed by a stranger":       {signer.server("loopback", soon), func(o *Options) { o.TemporalCA = stranger.file }, "is signed by nobody we know"},
		"no authority given":         {signer.server("loopback", soon), func(o *Options) { o.TemporalTLS = "on" }, "give the authority's file with --temporal-ca"},
		"another name":               {signer.server("temporal.example", soon), func(o *Options) { o.TemporalCA = signer.file }, "give the name that it carries with --temporal-server-name"},
		"another name given":         {signer.server("temporal.example", soon), func(o *Options) { o.TemporalCA, o.TemporalServerName = signer.file, "temporal.example" }, ""},
		"expired":                    {signer.server("loopback", time.Now().Add(-time.Hour)), func(o *Options) { o.TemporalCA = signer.file }, "its certificate does not hold"},
		"no client certificate":      {signer.guarded(), func(o *Options) { o.TemporalCA = signer.file }, "it wants a client certificate"},
		"a strange client":           {signer.guarded(), func(o *Options) { o.TemporalCA, o.TemporalCert, o.TemporalKey = signer.file, strange, strangeKey }, "it refuses our certificate " + strange},
		"a client of the authority":  {signer.guarded(), func(o *Options) { o.TemporalCA, o.TemporalCert, o.TemporalKey = signer.file, cert, key }, ""},
		"TLS is off in spite of all": {nil, func(o *Options) { o.TemporalCA, o.TemporalTLS = signer.file, "off" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.server != nil && c.server.ClientAuth == 0 {
				c.server = c.server.Clone()
			}
			address, _ := whole().serve(t, "127.0.0.1:0", c.server)
			o := towards(address)
			c.change(&o)
			err := look(t, o)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "temporal at "+address)
			require.ErrorContains(t, err, c.want)
			require.True(t, lasting(err), "the engine does not start")
		})
	}
}

// TestWhereNobodyListensTheEngineWaits has the three ways to be away.
func TestWhereNobodyListensTheEngineWaits(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { // takes connections and drops them
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	for name, c := range map[string]struct{ address, want string }{
		"nobody":  {"127.0.0.1:1", "nobody listens"},
		"no name": {"temporal.invalid:7233", "nobody listens"},
		"dropped": {listener.Addr().String(), "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := look(t, towards(c.address))
			require.ErrorContains(t, err, "temporal at "+c.address)
			require.ErrorContains(t, err, c.want)
			require.False(t, lasting(err))
		})
	}
}

func TestSettingsOfTemporalAreChecked(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(o *Options){
		`--temporal-tls: "yes" is neither on nor off`:                            func(o *Options) { o.TemporalTLS = "yes" },
		`--temporal-fairness: "1" is neither on nor off`:                         func(o *Options) { o.TemporalFairness = "1" },
		`--temporal-address: "temporal" is not host:port`:                        func(o *Options) { o.TemporalAddress = "temporal" },
		"--temporal-cert and --temporal-key: one is missing":                     func(o *Options) { o.TemporalCert = "a.pem" },
		"--temporal-cert and --temporal-key: stat nowhere.pem":                   func(o *Options) { o.TemporalCert, o.TemporalKey = "nowhere.pem", "nowhere.key" },
		"--temporal-ca: open nowhere.pem":                                        func(o *Options) { o.TemporalCA = "nowhere.pem" },
		"--temporal-ca: temporal_test.go holds no certificate in PEM":            func(o *Options) { o.TemporalCA = "temporal_test.go" },
		"OUTREACH_TEMPORAL_API_KEY_FILE: key is empty; put the key there, or un": func(o *Options) { o.TemporalAPIKeyFile = "key" },
	} {
		o := towards("127.0.0.1:1")
		change(&o)
		_, err := o.temporalClient()
		require.ErrorContains(t, err, want)
	}
}

// TestAKeyThatIsRefusedIsTold names where the key came from, never the key.
func TestAKeyThatIsRefusedIsTold(t *testing.T) {
	t.Parallel()
	for _, refusal := range []codes.Code{codes.Unauthenticated, codes.PermissionDenied} {
		f := whole()
		f.key, f.refusal = "right", refusal
		address, _ := f.serve(t, "127.0.0.1:0", nil)
		o := towards(address)
		o.TemporalTLS = "off"
		err := look(t, o)
		require.ErrorContains(t, err, "nobody said who we are; give OUTREACH_TEMPORAL_API_KEY, or --temporal-cert and --temporal-key")
		o.TemporalAPIKey = "wrong-key"
		err = look(t, o)
		require.True(t, lasting(err))
		require.ErrorContains(t, err, "OUTREACH_TEMPORAL_API_KEY does not open it")
		require.NotContains(t, err.Error(), "wrong-key")
		o.TemporalAPIKey = "right"
		require.NoError(t, look(t, o))
	}
}

// TestAKeyFileIsReadAgain changes the file under a client.
func TestAKeyFileIsReadAgain(t *testing.T) {
	t.Parallel()
	f := whole()
	address, _ := f.serve(t, "127.0.0.1:0", nil)
	o := towards(address)
	file := filepath.Join(t.TempDir(), "key")
	write := func(key string) { require.NoError(t, os.WriteFile(file, []byte(key+"\n"), 0o600)) }
	write("first")
	o.TemporalTLS, o.TemporalAPIKey, o.TemporalAPIKeyFile = "off", "first", file
	c, err := o.temporalClient()
	require.NoError(t, err)
	t.Cleanup(c.Close)
	ask := func() string {
		_, err := o.describe(t.Context(), c)
		require.NoError(t, err)
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.keys[len(f.keys)-1]
	}
	require.Equal(t, "first", ask())
	write("the second")
	require.Equal(t, "the second", ask())
	require.NoError(t, os.Remove(file))
	require.Equal(t, "the second", ask(), "a file that is being replaced")
	write("")
	require.Equal(t, "the second", ask(), "and one that is empty")
	write("a third one")
	require.Equal(t, "a third one", ask())
}

// TestNoFrontendIsTold has something else that speaks gRPC.
func TestNoFrontendIsTold(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	require.ErrorContains(t, look(t, towards(listener.Addr().String())), "it is no frontend of Temporal")
}

// TestWhatTheNamespaceLacksIsTold has a namespace of each fault, with the
// commands that mend it.
func TestWhatTheNamespaceLacksIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(f *frontend)
		want   string
	}{
		"no namespace": {func(f *frontend) { f.namespace = "elsewhere" }, `temporal has no namespace "default"; make it with:
  temporal operator namespace create --namespace default --retention 720h --address HOST:PORT
  temporal operator search-attribute create --namespace default --name CustomerId --type Keyword --address HOST:PORT
  temporal operator search-attribute create --namespace default --name Rule --type Keyword --address HOST:PORT
  temporal operator search-attribute create --namespace default --name RuleVersion --type Keyword --address HOST:PORT
  temporal operator search-attribute create --namespace default --name Topic --type Keyword --address HOST:PORT`},
		"no attribute": {func(f *frontend) { f.attributes = nil }, `temporal namespace default lacks the search attributes CustomerId, Rule, RuleVersion, Topic; mend it with:
  temporal operator search-attribute create --namespace default --name CustomerId --type Keyword --address HOST:PORT
  temporal operator search-attribute create --namespace default --name Rule --type Keyword --address HOST:PORT
  temporal operator search-attribute create --namespace default --name RuleVersion --type Keyword --address HOST:PORT
  temporal operator search-attribute create --namespace default --name Topic --type Keyword --address HOST:PORT`},
		"another kind, and kept for a day": {func(f *frontend) { f.attributes["Topic"], f.retention = enumspb.INDEXED_VALUE_TYPE_INT, 24*time.Hour }, `temporal namespace default has search attributes of another kind: Topic; mend it with:
  temporal operator namespace update --namespace default --retention 720h --address HOST:PORT
  temporal operator search-attribute remove --namespace default --name Topic --address HOST:PORT
  temporal operator search-attribute create --namespace default --name Topic --type Keyword --address HOST:PORT`},
		"no room": {func(f *frontend) {
			f.attributes = map[string]enumspb.IndexedValueType{"Rule": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "RuleVersion": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "Topic": enumspb.INDEXED_VALUE_TYPE_KEYWORD}
			for _, other := range "abcdefg" {
				f.attributes[string(other)] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
			}
		}, `temporal namespace default lacks the search attributes CustomerId; mend it with:
  temporal operator search-attribute create --namespace default --name CustomerId --type Keyword --address HOST:PORT
  # a server on SQL has room for 10 of the kind Keyword in a namespace, and 10 are taken: remove some first, or take a namespace of its own`},
		"the operator's service is closed": {func(f *frontend) {
			f.hosted = true
			delete(f.attributes, "Rule")
		}, `temporal namespace default lacks the search attributes Rule; mend it with:
  temporal operator search-attribute create --namespace default --name Rule --type Keyword --address HOST:PORT`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := whole()
			f.attributes = maps.Clone(f.attributes)
			c.change(f)
			address, _ := f.serve(t, "127.0.0.1:0", nil)
			err := look(t, towards(address))
			require.EqualError(t, err, strings.ReplaceAll(c.want, "HOST:PORT", address))
			require.True(t, lasting(err))
		})
	}
}

// TestTheCLIsOwnAddressIsNotRepeated has a cluster where temporal looks anyway.
func TestTheCLIsOwnAddressIsNotRepeated(t *testing.T) {
	t.Parallel()
	require.Empty(t, towards("127.0.0.1:7233").there())
	require.Equal(t, " --address temporal.example:7233", towards("temporal.example:7233").there())
	require.Equal(t, []string{"temporal operator namespace update --namespace default --retention 720h"},
		towards("127.0.0.1:7233").mend(namespace{retention: time.Hour}))
}

// TestWhatCannotBeSeenIsLeftAlone starts where neither the operator's service
// nor queries tell of search attributes, and where workflows are not kept long:
// both are said, and no more.
func TestWhatCannotBeSeenIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := whole()
	f.hosted, f.blind, f.retention = true, true, 24*time.Hour
	address, _ := f.serve(t, "127.0.0.1:0", nil)
	var said strings.Builder
	o := towards(address)
	o.Logger = slog.New(slog.NewTextHandler(&said, nil))
	require.NoError(t, look(t, o))
	require.Contains(t, said.String(), "search attributes could not be looked at")
	require.Contains(t, said.String(), "--retention 720h")
}

// TestTheCloudIsToldItsOwnCommands has no Temporal Cloud: what is told is.
func TestTheCloudIsToldItsOwnCommands(t *testing.T) {
	t.Parallel()
	for address, hosted := range map[string]bool{
		"shop.a1b2c.tmprl.cloud:7233": true, "us-west-2.aws.api.temporal.io:7233": true, "127.0.0.1:7233": false, "temporal.example:7233": false,
	} {
		require.Equal(t, hosted, towards(address).hosted(), address)
	}
	o := towards("eu-west-1.aws.api.temporal.io:7233")
	o.TemporalNamespace = "shop.a1b2c"
	secure, err := o.temporalTLS()
	require.NoError(t, err)
	require.NotNil(t, secure, "it speaks nothing else")
	require.EqualError(t, o.noNamespace(nil), `temporal has no namespace "shop.a1b2c"; make it with:
  tcld namespace create --namespace shop.a1b2c --region REGION --auth-method api_key --retention-days 30`)
	require.EqualError(t, o.unfit(namespace{missing: []string{"Rule"}, other: []string{"Topic"}, retention: time.Hour, keywords: 40}),
		`temporal namespace shop.a1b2c lacks the search attributes Rule and has search attributes of another kind: Topic; mend it with:
  tcld namespace retention set --namespace shop.a1b2c --retention-days 30
  tcld namespace search-attributes rename --namespace shop.a1b2c --existing-name Topic --new-name TopicBefore
  tcld namespace search-attributes add --namespace shop.a1b2c --search-attribute Topic=Keyword
  tcld namespace search-attributes add --namespace shop.a1b2c --search-attribute Rule=Keyword`)
	o.TemporalNamespace = "shop"
	require.ErrorContains(t, o.refused(context.Canceled), "Its namespaces are called NAME.ACCOUNT")
}

// TestClientCertificatesAreReadAgain replaces the files under a configuration.
func TestClientCertificatesAreReadAgain(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	o := towards("127.0.0.1:1")
	o.TemporalCert, o.TemporalKey = a.sign("engine", time.Now().Add(time.Hour))
	config, err := o.temporalTLS()
	require.NoError(t, err)
	first, err := config.GetClientCertificate(nil)
	require.NoError(t, err)
	again, err := config.GetClientCertificate(nil)
	require.NoError(t, err)
	require.Same(t, first, again)
	require.NoError(t, os.Chtimes(o.TemporalCert, time.Time{}, time.Now().Add(-time.Minute)))
	a.sign("engine", time.Now().Add(2*time.Hour))
	second, err := config.GetClientCertificate(nil)
	require.NoError(t, err)
	require.NotEqual(t, first.Certificate, second.Certificate)
}

func TestOurSearchAttributesAreKeywords(t *testing.T) {
	t.Parallel()
	for name, kind := range workflows.SearchAttributes() {
		require.Equal(t, enumspb.INDEXED_VALUE_TYPE_KEYWORD, kind, name)
	}
}
