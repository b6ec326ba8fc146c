package httpx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// grace is how long running requests have when the process stops.
const grace = 10 * time.Second

// Serve answers on ln until ctx ends, then lets running requests finish. Streams end at once: see Closing.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, log *zap.Logger) error {
	base := context.WithValue(context.WithoutCancel(ctx), closingKey{}, ctx.Done())
	errLog, err := zap.NewStdLogAt(log, zap.WarnLevel)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	srv := &http.Server{
		Handler: h, ErrorLog: errLog, BaseContext: func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err := srv.Shutdown(end)
		if err != nil {
			srv.Close()
		}
		stopped <- err
	}()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return <-stopped
}

type closingKey struct{}

// Closing is closed when the server begins to stop, so that a stream does not hold it up. It is nil, and never closes, outside Serve.
func Closing(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(closingKey{}).(<-chan struct{})
	return c
}
