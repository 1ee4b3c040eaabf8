package house_test

import (
	"go/ast"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// below stands for every package that stands further down in the table.
var below = []string{"below"}

// layer is one package and what it may import of this module. A pure one
// decides: it has no clock and no effects, and imports, beside pure packages
// and the standard library, only the parsers it names.
type layer struct {
	name    string
	may     []string
	pure    bool
	parsers []string
}

// layers is the whole house, from the roof to the ground. Imports point down.
var layers = []layer{
	{name: "cmd/outreach-dev", may: below},
	{name: "cmd/outreach", may: below},
	{name: "cmd/outreach-drill", may: below},
	{name: "cmd/outreach-cluster", may: []string{"internal/cluster", "internal/flagerr"}},
	{name: "internal/e2e", may: below},
	{name: "internal/house"},
	{name: "internal/deploytest"},
	{name: "deploy/tools"},
	{name: "internal/channel/sendcost"},
	{name: "internal/devserver"},
	{name: "internal/bench", may: below},
	{name: "internal/cluster", may: []string{
		"workflows", "internal/crowd", "internal/pgserver", "internal/child", "internal/sandbox", "internal/bundle", "internal/store/transfer", "internal/store",
		"internal/store/postgres", "internal/customer",
	}},
	{name: "internal/crowd", may: []string{
		"internal/store/postgres", "internal/store/sqltx", "internal/store/memory", "internal/observe", "internal/library", "internal/dossier", "internal/bundle",
		"internal/ledger", "internal/sendtime", "internal/customer",
	}},
	{name: "internal/browsertest"},
	{name: "internal/store/postgres/postgrestest", may: []string{"internal/pgserver/pgtest", "internal/store/postgres"}},
	{name: "internal/store/sqlite/sqlitetest", may: []string{"internal/store/sqlite"}},
	{name: "internal/pgserver/pgtest", may: []string{"internal/pgserver"}},
	{name: "internal/demo", may: []string{"internal/observe", "internal/behaviour", "internal/sendtime", "internal/customer"}},
	{name: "internal/drill", may: []string{"internal/drill/naive", "internal/sandbox", "internal/pgserver", "internal/store", "internal/ledger", "internal/customer"}},
	{name: "internal/app", may: below},
	{name: "internal/drill/naive", may: []string{
		"internal/channel/twilio", "internal/channel/sendgrid", "internal/channel/fcm", "internal/channel", "internal/customer",
	}},
	{name: "internal/sandbox"},
	{name: "workflows", may: []string{"activities", "internal/ledger"}},
	{name: "activities", may: []string{
		"internal/task", "internal/wording", "internal/pace", "internal/tracing", "internal/throttle",
		"internal/dossier", "internal/library", "internal/journey", "internal/policy", "internal/message", "internal/channel",
		"internal/rule", "internal/insight", "internal/behaviour", "internal/ledger", "internal/sendtime", "internal/customer",
	}},
	{name: "internal/compare", may: []string{
		"internal/bundle", "internal/rule", "internal/policy", "internal/message", "internal/dictionary", "internal/sendtime",
		"internal/customer",
	}},
	{name: "internal/backtest", may: []string{
		"internal/simulate", "internal/importer", "internal/observe", "internal/insight", "internal/bundle", "internal/wording", "internal/load", "internal/rule",
		"internal/policy", "internal/channel", "internal/ledger", "internal/source", "internal/sendtime", "internal/customer",
	}},
	{name: "internal/ruletest", may: []string{
		"internal/simulate", "internal/observe", "internal/bundle", "internal/journey", "internal/rule", "internal/dictionary",
		"internal/channel", "internal/wording", "internal/ledger", "internal/source", "internal/sendtime", "internal/customer",
	}},
	{name: "internal/simulate", may: []string{
		"internal/observe", "internal/insight", "internal/dossier", "internal/library", "internal/bundle", "internal/store/memory", "internal/journey",
		"internal/channel", "internal/ledger", "internal/sendtime", "internal/customer",
	}},
	{name: "internal/callback", may: []string{"internal/observe", "internal/channel", "internal/customer"}},
	{name: "internal/admin"},
	{name: "internal/throttle"},
	{name: "internal/flagerr"},
	{name: "internal/tracing", may: []string{"internal/witness", "internal/ledger"}},
	{name: "internal/metrics", may: []string{"internal/witness", "internal/ledger", "internal/customer"}},
	{name: "internal/intake", may: []string{"internal/observe", "internal/dictionary", "internal/sendtime", "internal/customer"}},
	{name: "internal/pages", may: []string{"internal/observe", "internal/link", "internal/customer"}},
	{name: "internal/importer", may: []string{"internal/observe", "internal/source", "internal/sendtime", "internal/customer"}},
	{name: "internal/channel/inbox", may: []string{
		"internal/observe", "internal/channel/line", "internal/channel", "internal/wording", "internal/ledger", "internal/sendtime",
		"internal/customer",
	}},
	{name: "internal/preview", may: []string{
		"internal/bundle", "internal/rule", "internal/policy", "internal/message", "internal/wording", "internal/channel",
		"internal/dictionary", "internal/source", "internal/sendtime", "internal/customer",
	}},
	{name: "internal/observe", may: []string{
		"internal/optout",
		"internal/channel", "internal/dossier", "internal/library", "internal/journey", "internal/rule", "internal/behaviour", "internal/ledger",
		"internal/source", "internal/sendtime", "internal/customer",
	}},
	{name: "internal/dossier", may: []string{
		"internal/channel", "internal/why", "internal/library", "internal/journey", "internal/message", "internal/policy", "internal/rule", "internal/behaviour", "internal/ledger", "internal/sendtime",
		"internal/customer",
	}},
	{name: "internal/library", may: []string{
		"internal/bundle", "internal/rule", "internal/insight", "internal/behaviour", "internal/ledger", "internal/source", "internal/customer",
	}},
	{name: "internal/lint", may: []string{
		"internal/bundle", "internal/rule", "internal/policy", "internal/wording", "internal/load", "internal/expr", "internal/source",
		"internal/sendtime", "internal/customer",
	}},
	{name: "internal/bundle", may: []string{
		"internal/rule", "internal/policy", "internal/message", "internal/dictionary", "internal/source", "internal/customer",
	}},
	{name: "internal/store/memory", may: []string{"internal/ledger", "internal/customer"}},
	{name: "internal/store/transfer", may: []string{
		"internal/store", "internal/store/postgres", "internal/store/sqlite", "internal/ledger",
	}},
	{name: "internal/store", may: []string{"internal/store/postgres", "internal/store/sqlite", "internal/ledger"}},
	{name: "internal/store/postgres", may: []string{"internal/store/sqltx", "internal/store/lanes", "internal/ledger", "internal/customer"}},
	{name: "internal/store/sqlite", may: []string{"internal/store/sqltx", "internal/store/lanes", "internal/ledger", "internal/customer"}},
	{name: "internal/store/sqltx", may: []string{"internal/ledger", "internal/customer"}},
	{name: "internal/store/lanes", may: []string{"internal/ledger"}},
	{name: "internal/store/storetest", may: []string{"internal/ledger", "internal/customer"}},
	{name: "internal/witness", may: []string{"internal/ledger", "internal/customer"}},
	{name: "internal/channel/hook", may: []string{"internal/channel/seal", "internal/channel", "internal/source", "internal/customer"}},
	{name: "internal/channel/relay", may: []string{
		"internal/channel/line", "internal/channel/seal", "internal/channel", "internal/source", "internal/customer",
	}},
	{name: "internal/channel/smtp", may: []string{"internal/channel/line", "internal/channel", "internal/customer"}},
	{name: "internal/channel/push", may: []string{"internal/channel", "internal/customer"}},
	{name: "internal/channel/webpush", may: []string{"internal/channel/line", "internal/channel", "internal/customer"}},
	{name: "internal/channel/fcm", may: []string{"internal/channel/line", "internal/channel", "internal/customer"}},
	{name: "internal/channel/sendgrid", may: []string{"internal/channel/line", "internal/channel", "internal/customer"}},
	{name: "internal/channel/twilio", may: []string{"internal/channel/line", "internal/channel", "internal/customer"}},
	{name: "internal/channel/channeltest", may: []string{"internal/channel", "internal/customer"}},
	{name: "internal/channel/line", may: []string{"internal/channel", "internal/customer"}},
	{name: "internal/channel/seal"},
	{name: "internal/pgserver", may: []string{"internal/child"}},
	{name: "internal/child"},

	{name: "internal/why", pure: true, may: []string{
		"internal/journey", "internal/rule", "internal/policy", "internal/wording", "internal/expr", "internal/behaviour",
		"internal/habit", "internal/ledger", "internal/customer",
	}},
	{name: "internal/journey", pure: true, may: []string{
		"internal/rule", "internal/policy", "internal/expr", "internal/behaviour", "internal/habit", "internal/ledger", "internal/sendtime",
		"internal/customer",
	}},
	{name: "internal/schema", pure: true, may: []string{"internal/policy", "internal/dictionary", "internal/source", "internal/customer"}},
	{name: "internal/learn", pure: true, may: []string{"internal/wording", "internal/dictionary", "internal/source", "internal/customer"},
		parsers: []string{"go.yaml.in/yaml/v4"}},
	{name: "internal/rule", pure: true, may: []string{
		"internal/expr", "internal/behaviour", "internal/dictionary", "internal/source", "internal/sendtime", "internal/customer",
	}},
	{name: "internal/policy", pure: true, may: []string{"internal/source", "internal/sendtime", "internal/customer"},
		parsers: []string{"github.com/rickar/cal/v2"}},
	{name: "internal/message", pure: true, may: []string{
		"internal/channel", "internal/dictionary", "internal/source", "internal/sendtime", "internal/customer",
	}, parsers: []string{"github.com/osteele/liquid", "github.com/k3a/html2text"}},
	{name: "internal/link", pure: true, may: []string{"internal/customer"}},
	{name: "internal/dashboard", pure: true},
	{name: "internal/task", pure: true, may: []string{"internal/wording", "internal/ledger", "internal/customer"}},
	{name: "internal/wording", pure: true, may: []string{"internal/ledger", "internal/sendtime", "internal/customer"}},
	{name: "internal/load", pure: true},
	{name: "internal/expr", pure: true, may: []string{"internal/sendtime", "internal/customer"}},
	{name: "internal/insight", pure: true, may: []string{"internal/habit", "internal/ledger", "internal/customer"}},
	{name: "internal/behaviour", pure: true, may: []string{"internal/habit", "internal/sendtime", "internal/customer"}},
	{name: "internal/dictionary", pure: true, may: []string{"internal/source", "internal/customer"}},
	{name: "internal/pace", pure: true, may: []string{"internal/ledger"}},
	{name: "internal/ledger", pure: true, may: []string{"internal/customer"}},
	{name: "internal/channel", pure: true, may: []string{"internal/customer"}},
	{name: "internal/habit", pure: true, may: []string{"internal/sendtime"}},
	{name: "internal/sendtime", pure: true, parsers: []string{"github.com/nyaruka/phonenumbers", "github.com/robfig/cron/v3"}},
	{name: "internal/source", pure: true, parsers: []string{"go.yaml.in/yaml/v4"}},
	{name: "internal/customer", pure: true},
	{name: "internal/optout", pure: true},
}

func layerOf(name string) (l layer, height int, ok bool) {
	height = slices.IndexFunc(layers, func(l layer) bool { return l.name == name })
	if height < 0 {
		return layer{}, 0, false
	}
	return layers[height], height, true
}

// allows reports whether one package may import another of this module.
func allows(from, to string) bool {
	l, height, known := layerOf(from)
	_, depth, there := layerOf(to)
	return known && there && depth > height && (slices.Contains(l.may, to) || slices.Equal(l.may, below))
}

func TestEachPackageStandsInTheTable(t *testing.T) {
	t.Parallel()
	var table []string
	for _, l := range layers {
		table = append(table, l.name)
		for _, to := range l.may {
			require.True(t, slices.Equal(l.may, below) || allows(l.name, to), "the table lets %s import %s, which does not stand below it", l.name, to)
		}
	}
	slices.Sort(table)
	require.Equal(t, repository(t).names(), table, "packages that there are, and packages in the table of layers_test.go")
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	all := repository(t)
	for _, name := range all.names() {
		for _, imported := range imports(all.product(name)) {
			if to, ours := within(imported); ours && !allows(name, to) {
				t.Errorf("%s imports %s: the table of layers_test.go does not let it", name, to)
			}
		}
	}
}

// effects are packages of the standard library with which a decision would
// depend on more than its arguments, or do more than answer.
var effects = []string{
	"crypto/rand", "database/sql", "io/fs", "io/ioutil", "log", "log/slog", "math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec",
	"os/signal", "path/filepath", "runtime", "syscall", "testing", "unsafe",
}

// clocks are what package time has of them.
var clocks = []string{"After", "AfterFunc", "Local", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

func TestDecisionsArePure(t *testing.T) {
	t.Parallel()
	all := repository(t)
	for _, l := range layers {
		if !l.pure {
			continue
		}
		for _, imported := range imports(all.product(l.name)) {
			if trouble := impure(l, imported); trouble != "" {
				t.Errorf("%s imports %s: %s", l.name, imported, trouble)
			}
		}
		for _, f := range all.product(l.name) {
			for _, use := range uses(f.ast, "time", clocks) {
				t.Errorf("%s: %s uses time.%s: pass the instant in", all.line(use.Pos()), l.name, use.Sel.Name)
			}
		}
	}
}

// TestWorkflowsReadNothingBesideTheirInput holds what replay needs and
// workflowcheck does not look for: zones come from files.
func TestWorkflowsReadNothingBesideTheirInput(t *testing.T) {
	t.Parallel()
	all := repository(t)
	files := all.product("workflows")
	require.NotEmpty(t, files)
	for _, imported := range imports(files) {
		require.NotContains(t, effects, imported, "workflows imports %s", imported)
	}
	for _, f := range files {
		for _, use := range uses(f.ast, "time", append(slices.Clone(clocks), "LoadLocation")) {
			t.Errorf("%s: workflows uses time.%s: let an activity answer", all.line(use.Pos()), use.Sel.Name)
		}
	}
}

// impure says why a pure package may not import something, "" when it may.
func impure(l layer, imported string) string {
	name, ours := within(imported)
	other, _, _ := layerOf(name)
	standard := !strings.Contains(strings.Split(imported, "/")[0], ".")
	switch {
	case ours && !other.pure:
		return "it is not pure"
	case standard && slices.Contains(effects, imported):
		return "it has effects"
	case !ours && !standard && !slices.ContainsFunc(l.parsers, func(p string) bool { return imported == p || strings.HasPrefix(imported, p+"/") }):
		return "the table of layers_test.go does not name it"
	}
	return ""
}

// uses finds the selectors of a package's names in a file.
func uses(file *ast.File, pkg string, names []string) []*ast.SelectorExpr {
	var found []*ast.SelectorExpr
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := selector.X.(*ast.Ident)
		if ok && x.Name == pkg && x.Obj == nil && slices.Contains(names, selector.Sel.Name) {
			found = append(found, selector)
		}
		return true
	})
	return found
}

// TestOnlyTwoKnowTheEmbeddedServer holds the price of linking it where it is
// due, tests included.
func TestOnlyTwoKnowTheEmbeddedServer(t *testing.T) {
	t.Parallel()
	all := repository(t)
	var users []string
	for _, name := range all.names() {
		if slices.Contains(imports(all.packages[name]), module+"internal/devserver") && name != "internal/devserver" {
			users = append(users, name)
		}
	}
	require.Equal(t, []string{"cmd/outreach-dev", "internal/e2e"}, users)
}

// TestTheProductLinksNoServer asks the go command, since the way to a server
// may lead through other modules.
func TestTheProductLinksNoServer(t *testing.T) {
	t.Parallel()
	repository(t)
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/outreach")
	command.Dir = "../.."
	out, err := command.Output()
	require.NoError(t, err)
	linked := strings.Fields(string(out))
	require.Contains(t, linked, module+"internal/app")
	for _, name := range linked {
		for _, server := range []string{"go.temporal.io/server", "github.com/temporalio/ui-server", module + "internal/devserver"} {
			require.False(t, strings.HasPrefix(name, server), "cmd/outreach links %s", name)
		}
	}
}
