package drill

import (
	"errors"
	"fmt"
	"net"
)

// ports are the addresses of one drill's processes. None of another drill that
// runs beside it takes one, also while the process that it is for is down: the
// same port is held for datagrams, which nobody sends.
type ports struct{ held []net.PacketConn }

// free finds a port that nobody has, below those that systems give to outgoing
// connections: one of these must not take it while a process is down.
func (p *ports) free(from int) (string, error) {
	const last = 32000
	for port := from; port < last; port++ {
		address := fmt.Sprintf("127.0.0.1:%d", port)
		held, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			_ = held.Close()
			continue
		}
		p.held = append(p.held, held)
		return address, listener.Close()
	}
	return "", errors.New("no free port below 32000; end what holds them")
}

// leave lets others have them.
func (p *ports) leave() {
	for _, held := range p.held {
		_ = held.Close()
	}
}
