package rows

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Progress shows how far a reading has come: a bar that is drawn over on a terminal, a line at every tenth elsewhere.
type Progress struct {
	Out      io.Writer
	Total    int64 // bytes of all files, packed as they are
	Terminal bool
	Now      func() time.Time

	read  int64
	rows  int
	tenth int64
	drawn time.Time
}

// Reader counts the bytes that are read of one of the files.
func (p *Progress) Reader(r io.Reader) io.Reader { return &counted{r, p} }

type counted struct {
	io.Reader
	to *Progress
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.to.read += int64(n)
	return n, err //nolint:wrapcheck // io.EOF must stay io.EOF
}

const (
	width = 30
	often = 100 * time.Millisecond
)

// Rows says how many rows are done so far, and draws.
func (p *Progress) Rows(n int) {
	p.rows = n
	tenth := p.share(10)
	switch {
	case p.Terminal && p.Now().Sub(p.drawn) >= often:
		p.drawn = p.Now()
		full := int(p.share(width))
		fmt.Fprintf(p.Out, "\r[%s%s] %3d%%  %d rows", strings.Repeat("#", full), strings.Repeat(" ", width-full), p.share(100), p.rows)
	case !p.Terminal && tenth > p.tenth:
		p.tenth = tenth
		fmt.Fprintf(p.Out, "%3d%%  %d rows\n", p.share(100), p.rows)
	}
}

// Done ends the bar.
func (p *Progress) Done() {
	if p.Terminal {
		fmt.Fprintf(p.Out, "\r[%s] 100%%  %d rows\n", strings.Repeat("#", width), p.rows)
	}
}

func (p *Progress) share(of int64) int64 {
	if p.Total <= 0 {
		return 0
	}
	return min(of, p.read*of/p.Total)
}
