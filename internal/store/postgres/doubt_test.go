package postgres_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/postgres/postgrestest"
)

// What the proxy does to a commit on its way.
const (
	pass   = iota
	lose   // the server never sees it, nor that its client is gone
	mute   // the server commits, and nobody hears of it
	detain // the client is cut off, and the server sees the commit later
)

// proxy stands between a store and its server, and spoils some commits.
type proxy struct {
	net.Listener
	server string
	fate   func() int

	mu      sync.Mutex
	spoiled map[int]int
	all     sync.WaitGroup
	conns   []net.Conn
}

// throughProxy gives the URL of a database by way of a proxy.
func throughProxy(t *testing.T, database string, fate func() int) (string, *proxy) {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{Listener: l, server: u.Host, fate: fate, spoiled: map[int]int{}}
	u.Host = l.Addr().String()
	p.all.Go(p.accept)
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.all.Wait()
	})
	return u.String(), p
}

func (p *proxy) accept() {
	for {
		client, err := p.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		p.all.Go(func() { p.carry(client, server) })
	}
}

// committing reports whether bytes of a client have the server run COMMIT: by
// the name that pgx prepared it under, and not to prepare it.
func committing(b []byte) bool {
	sum := sha256.Sum256([]byte("COMMIT"))
	return bytes.Contains(b, []byte("stmtcache_"+hex.EncodeToString(sum[:24])+"\x00")) && !bytes.Contains(b, []byte("COMMIT\x00"))
}

func (p *proxy) carry(client, server net.Conn) {
	p.all.Go(func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	})
	for b := make([]byte, 1<<16); ; {
		n, err := client.Read(b)
		if err != nil {
			_ = server.Close()
			return
		}
		fate := pass
		if committing(b[:n]) {
			fate = p.fate()
			p.mu.Lock()
			p.spoiled[fate]++
			p.mu.Unlock()
		}
		if fate == lose || fate == detain || fate == mute {
			if fate == mute {
				_ = client.(*net.TCPConn).SetLinger(0)
			}
			_ = client.Close()
		}
		if fate == lose {
			return // the server's side stays open
		}
		if fate == detain {
			time.Sleep(300 * time.Millisecond)
		}
		if _, err := server.Write(b[:n]); err != nil || fate != pass {
			return
		}
	}
}

// TestCommitsInDoubt cuts connections while a commit is on its way: each write
// has the answer that is true.
func TestCommitsInDoubt(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	open(t, url, postgres.Options{}) // the tables are there
	var mu sync.Mutex
	source := rand.New(rand.NewPCG(7, 7))
	between, p := throughProxy(t, url, func() int {
		mu.Lock()
		defer mu.Unlock()
		if source.IntN(6) != 0 {
			return pass
		}
		return 1 + source.IntN(3)
	})
	s := open(t, between, postgres.Options{})
	a := newAccount()
	a.crowd(t.Context(), s, 12, 12)
	t.Log("spoiled", fmt.Sprint(p.spoiled), "tried again", s.Retries())
	for _, fate := range []int{lose, mute, detain} {
		require.Positive(t, p.spoiled[fate])
	}
	require.Empty(t, a.refused)
	a.require(t, s)
}
