package broker

import (
	"fmt"
	"net"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/zap"
)

// listen opens a port for other processes, when one is asked for.
func listen(opts *server.Options, address string) error {
	if address == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the broker's address: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("the broker's address: %q is no port", port)
	}
	if n == 0 {
		n = server.RANDOM_PORT
	}
	opts.DontListen, opts.Host, opts.Port = false, host, n
	return nil
}

// words hands the server's own log to ours. It never holds a payload.
type words struct {
	log   *zap.Logger
	fatal chan string
}

func (w *words) Noticef(format string, v ...any) { w.log.Debug(fmt.Sprintf(format, v...)) }
func (w *words) Debugf(string, ...any)           {}
func (w *words) Tracef(string, ...any)           {}
func (w *words) Warnf(format string, v ...any)   { w.log.Warn(fmt.Sprintf(format, v...)) }
func (w *words) Errorf(format string, v ...any)  { w.log.Error(fmt.Sprintf(format, v...)) }

// Fatalf is the server's last word: it can not start.
func (w *words) Fatalf(format string, v ...any) {
	select {
	case w.fatal <- fmt.Sprintf(format, v...):
	default: // one reason is enough
	}
}
