package proxy_test

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/waypost/services/all/internal/faults/proxy"
)

// parrot says back what it hears.
func parrot(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	return ln.Addr().String()
}

func link(t *testing.T) (*proxy.Link, net.Conn) {
	t.Helper()
	l, err := proxy.Listen("tcp", "127.0.0.1:0", parrot(t))
	require.NoError(t, err)
	t.Cleanup(l.Close)
	return l, dial(t, l)
}

func dial(t *testing.T, l *proxy.Link) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Address())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// say says a word and returns what comes back within a moment.
func say(t *testing.T, c net.Conn, word string, within time.Duration) (string, error) {
	t.Helper()
	if _, err := io.WriteString(c, word); err != nil {
		return "", err
	}
	require.NoError(t, c.SetReadDeadline(time.Now().Add(within)))
	b := make([]byte, len(word))
	n, err := io.ReadFull(c, b)
	return string(b[:n]), err
}

const (
	soon = 100 * time.Millisecond
	long = 20 * time.Second
)

func TestFairWeather(t *testing.T) {
	t.Parallel()
	_, c := link(t)
	got, err := say(t, c, "hello", long)
	require.NoError(t, err)
	require.Equal(t, "hello", got)
}

func TestCutAndMended(t *testing.T) {
	t.Parallel()
	l, c := link(t)
	l.Set(proxy.Weather{Cut: true})
	_, err := say(t, c, "lost?", soon)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	l.Set(proxy.Weather{})
	require.NoError(t, c.SetReadDeadline(time.Now().Add(long)))
	b := make([]byte, 5)
	_, err = io.ReadFull(c, b)
	require.NoError(t, err)
	require.Equal(t, "lost?", string(b), "what was on its way arrives when the cable is back")
}

func TestDeaf(t *testing.T) {
	t.Parallel()
	l, _ := link(t)
	l.Set(proxy.Weather{Deaf: true})
	_, err := say(t, dial(t, l), "anybody?", soon)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

func TestReset(t *testing.T) {
	t.Parallel()
	l, c := link(t)
	_, err := say(t, c, "hello", long)
	require.NoError(t, err)
	l.Reset()
	_, err = say(t, c, "again", long)
	require.True(t, errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF), "%v", err)
}

func TestSlicedAndSlow(t *testing.T) {
	t.Parallel()
	l, c := link(t)
	l.Set(proxy.Weather{Slice: 2, Delay: time.Millisecond, Jitter: time.Millisecond, Rate: 1 << 20})
	got, err := say(t, c, "a longer sentence", long)
	require.NoError(t, err)
	require.Equal(t, "a longer sentence", got)
}

func TestSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ln, err := net.Listen("unix", dir+"/there")
	require.NoError(t, err)
	defer func() { _ = ln.Close() }()
	l, err := proxy.Listen("unix", dir+"/here", dir+"/there")
	require.NoError(t, err)
	defer l.Close()
	c, err := net.Dial("unix", dir+"/here")
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	s, err := ln.Accept()
	require.NoError(t, err)
	_, err = io.WriteString(c, "x")
	require.NoError(t, err)
	_, err = s.Read(make([]byte, 1))
	require.NoError(t, err)
}
