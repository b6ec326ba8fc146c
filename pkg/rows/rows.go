// Package rows reads exported files row by row and names each bad row by file, line, field and reason, never by what it holds.
//
// A bad row never ends the reading: whoever ranges over one of these functions gets an *Error for it and goes on with the
// next. Any other error is the end of the file (a disk, a broken archive) and is the last thing yielded.
package rows

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"
)

// MaxLine is how long one row may be, in bytes. The longest real one we have met is 9,011.
const MaxLine = 1 << 20

// Error refuses one row. Field is empty when the row as a whole can not be read.
type Error struct {
	File   string
	Line   int // the first line of the row, counted from 1
	Field  string
	Reason string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
	}
	return fmt.Sprintf("%s:%d: %s: %s", e.File, e.Line, e.Field, e.Reason)
}

// IsBad tells whether err refuses one row only, so that reading may go on.
func IsBad(err error) (*Error, bool) {
	var bad *Error
	ok := errors.As(err, &bad)
	return bad, ok
}

// Line is one line of a file, without its end. Text is only good until the next line is read.
type Line struct {
	Number int
	Text   []byte
}

// Plain unpacks r when it is gzip and strips a byte order mark, so that files can be given as they come.
func Plain(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	if head, err := b.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		b = bufio.NewReaderSize(z, 64<<10)
	}
	if head, err := b.Peek(3); err == nil && string(head) == "\xef\xbb\xbf" {
		if _, err := b.Discard(3); err != nil {
			return nil, fmt.Errorf("skip byte order mark: %w", err)
		}
	}
	return b, nil
}

// Lines yields every line that has something on it. A line that is too long or is not UTF-8 is refused.
func Lines(r io.Reader, file string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		b := bufio.NewReaderSize(r, 64<<10)
		var text []byte
		for n := 1; ; n++ {
			var long bool
			var err error
			text, long, err = line(b, text[:0])
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Line{Number: n}, fmt.Errorf("read %s: %w", file, err))
				return
			}
			if !offer(yield, file, n, text, long) || err != nil {
				return
			}
		}
	}
}

// offer yields one line, or the reason why it is refused; nothing for an empty one.
func offer(yield func(Line, error) bool, file string, n int, text []byte, long bool) bool {
	switch {
	case long:
		return yield(Line{Number: n}, &Error{File: file, Line: n, Reason: fmt.Sprintf("the row is longer than %d bytes", MaxLine)})
	case len(bytes.TrimSpace(text)) == 0:
		return true
	case !utf8.Valid(text):
		return yield(Line{Number: n}, &Error{File: file, Line: n, Reason: "the row is not UTF-8"})
	default:
		return yield(Line{Number: n, Text: text}, nil)
	}
}

// line reads up to the next newline into buf. What goes past MaxLine is read and dropped, so that the next line is found.
func line(b *bufio.Reader, buf []byte) (text []byte, long bool, err error) {
	for {
		part, err := b.ReadSlice('\n')
		if len(buf)+len(part) > MaxLine+1 {
			long = true
			buf = buf[:0]
		}
		if !long {
			buf = append(buf, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimRight(buf, "\r\n"), long, err
	}
}

// Record is one row of a CSV file.
type Record struct {
	Line   int
	Fields []string
}

// maxJoined is how many lines one quoted field may go over; beyond that the quote was never closed.
const maxJoined = 64

// CSV yields every row of a comma-separated file. A quoted field may hold line ends; a quote that is never closed
// costs that row alone, not the rest of the file.
func CSV(r io.Reader, file string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		j := joiner{file: file, yield: yield}
		for l, err := range Lines(r, file) {
			if !j.add(l, err) {
				return
			}
		}
		j.flush()
	}
}

// joiner puts the lines of one row together.
type joiner struct {
	file   string
	yield  func(Record, error) bool
	lines  []Line
	quotes int
	src    bytes.Reader
	buf    *bufio.Reader
}

func (j *joiner) add(l Line, err error) bool {
	if err != nil {
		return j.flush() && j.yield(Record{Line: l.Number}, err)
	}
	l.Text = bytes.Clone(l.Text)
	j.lines = append(j.lines, l)
	j.quotes += bytes.Count(l.Text, []byte{'"'})
	if j.quotes%2 == 0 {
		return j.row()
	}
	if len(j.lines) > maxJoined {
		return j.flush()
	}
	return true
}

// row parses the lines gathered as one row.
func (j *joiner) row() bool {
	n, text := j.lines[0].Number, j.lines[0].Text
	for _, l := range j.lines[1:] {
		text = append(append(text, '\n'), l.Text...)
	}
	j.lines, j.quotes = j.lines[:0], 0
	fields, err := j.split(text)
	if err != nil {
		return j.yield(Record{Line: n}, &Error{File: j.file, Line: n, Reason: "the row is not comma-separated text: a quote is out of place"})
	}
	return j.yield(Record{Line: n, Fields: fields}, nil)
}

// flush gives up on a quote that was not closed: the line that opened it is refused, the lines after it are read again.
func (j *joiner) flush() bool {
	for len(j.lines) > 0 {
		opener, rest := j.lines[0], j.lines[1:]
		j.lines, j.quotes = nil, 0
		if !j.yield(Record{Line: opener.Number}, &Error{File: j.file, Line: opener.Number, Reason: "a quote is opened and never closed"}) {
			return false
		}
		for _, l := range rest {
			if !j.add(l, nil) {
				return false
			}
		}
	}
	return true
}

func (j *joiner) split(row []byte) ([]string, error) {
	j.src.Reset(row)
	if j.buf == nil {
		j.buf = bufio.NewReaderSize(&j.src, 4096)
	}
	j.buf.Reset(&j.src)
	c := csv.NewReader(j.buf)
	c.FieldsPerRecord = -1
	fields, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("split row: %w", err)
	}
	if _, err := c.Read(); !errors.Is(err, io.EOF) {
		return nil, errors.New("split row: more than one")
	}
	return fields, nil
}
