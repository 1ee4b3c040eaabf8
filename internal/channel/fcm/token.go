package fcm

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

const scope = "https://www.googleapis.com/auth/firebase.messaging"

// tokens holds one access token and fetches the next. The oauth2 library's own
// cache takes no context, so one slow fetch would hold up every send beyond
// its deadline.
type tokens struct {
	config jwt.Config
	line   *line.Line
	turn   chan struct{} // to fetch, of capacity one: a lock that a context can leave
	held   atomic.Pointer[oauth2.Token]
}

// access is a token, and whether it was fetched for this very message.
type access struct {
	*oauth2.Token
	fresh bool
}

func newTokens(c Config) (*tokens, error) {
	u, err := url.Parse(c.TokenURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("token_url: not an absolute url; leave it out for Google's")
	}
	l, err := line.Open(u.Scheme+"://"+u.Host, c.Transport)
	if err != nil {
		return nil, errors.New("token_url: not an http(s) url; leave it out for Google's")
	}
	return &tokens{
		config: jwt.Config{
			Email:        c.Email,
			PrivateKey:   []byte(c.PrivateKey),
			PrivateKeyID: c.PrivateKeyID,
			Scopes:       []string{scope},
			TokenURL:     c.TokenURL,
		},
		line: l,
		turn: make(chan struct{}, 1),
	}, nil
}

// get gives a token that is good for ten more seconds at least.
func (t *tokens) get(ctx context.Context) (access, *channel.Error) {
	if held := t.held.Load(); held.Valid() {
		return access{Token: held}, nil
	}
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return access{}, &channel.Error{
			Kind: channel.Unavailable, Provider: Name, Code: "token_deadline",
			Detail: "no access token: the deadline passed while another call fetched it",
		}
	}
	if held := t.held.Load(); held.Valid() {
		return access{Token: held}, nil
	}
	return t.fetch(ctx)
}

func (t *tokens) fetch(ctx context.Context) (access, *channel.Error) {
	call, done := t.line.Call(ctx)
	defer done()
	token, err := t.config.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, call.Client())).Token()
	if err != nil || !token.Valid() {
		return access{}, tokenTrouble(call, err)
	}
	t.held.Store(token)
	return access{Token: token, fresh: true}, nil
}

// judge looks at a refused message once more: a 401 on a token that was held
// for a while means that it was revoked early. It is dropped, and the message
// may go again with the next one.
func (t *tokens) judge(used access, status int, e *channel.Error) {
	if status != http.StatusUnauthorized || e.Code == "THIRD_PARTY_AUTH_ERROR" {
		return
	}
	t.held.CompareAndSwap(used.Token, nil)
	if !used.fresh {
		e.Kind, e.Detail = channel.Unavailable, "the access token ran out early"
	}
}

// tokenTrouble maps trouble at the token endpoint. Nothing was sent yet, so
// nothing is ambiguous; a plain no means that the key is wrong or was deleted
// (RFC 6749, 5.2).
func tokenTrouble(call *line.Call, err error) *channel.Error {
	e := call.Trouble(Name, err)
	e.Code = "token_" + e.Code
	switch e.Kind {
	case channel.Ambiguous:
		e.Kind, e.Detail = channel.Unavailable, "no access token: the token endpoint gave none"
	case channel.Rejected, channel.Misconfigured:
		e.Kind, e.Detail = channel.Misconfigured, "no access token: the service account's key is refused; check private_key and email"
	}
	return e
}
