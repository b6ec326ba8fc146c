package hsds

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"example.org/waypost/pkg/rows"

	"example.org/waypost/services/vcse/internal/app"
)

// ErrUnknownFile is for a file that is none of the lists we read.
var ErrUnknownFile = errors.New("it is not a list of services: HSDS 3.0 (one service a line), Street Support's answers, or the list of public libraries")

// What is a list of services: which of the formats it has.
type What string

// The formats that can be read.
const (
	WhatHSDS      What = "HSDS 3.0"
	WhatStreet    What = "Street Support"
	WhatLibraries What = "public libraries"
	WhatNothing   What = "" // nothing we read
)

// Tell looks at the beginning of a file to see what it is. The reader it returns has the whole file in it, unpacked.
func Tell(r io.Reader) (What, io.Reader, error) {
	plain, err := rows.Plain(r)
	if err != nil {
		return WhatNothing, nil, err
	}
	b := bufio.NewReaderSize(plain, 64<<10)
	head, err := b.Peek(16 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return WhatNothing, nil, fmt.Errorf("tell what the file is: %w", err)
	}
	head = bytes.TrimSpace(head)
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	switch {
	case bytes.HasPrefix(line, []byte("reporting,name,")):
		return WhatLibraries, b, nil
	case !bytes.HasPrefix(head, []byte("{")):
		return WhatNothing, b, nil
	case bytes.Contains(head, []byte(`"daysServices"`)), bytes.Contains(head, []byte(`"serviceProviderId"`)):
		return WhatStreet, b, nil
	}
	return WhatHSDS, b, nil
}

// Result is what became of an import.
type Result struct {
	Counts  map[string]app.Counts // by listing
	Cover   Coverage
	Refused int
}

// Import takes lists of services into the directory, in whatever order and format they are given; Street Support's two
// answers are read together, because they tell of the same services. refuse hears of each bad row; tell of how many are done.
func Import(ctx context.Context, x *app.App, files []File, from Origin, refuse func(*rows.Error), tell func(done int)) (Result, error) {
	res := Result{Counts: map[string]app.Counts{}}
	var street []File
	var lists []iter.Seq2[Row, error]
	for _, f := range files {
		what, whole, err := Tell(f)
		if err != nil {
			return res, fmt.Errorf("import %s: %w", f.Name, err)
		}
		origin := from
		if origin.File = f.Name; origin.Name == "" {
			origin.Name = f.Name
		}
		switch what {
		case WhatHSDS:
			lists = append(lists, Services(whole, origin))
		case WhatLibraries:
			lists = append(lists, Libraries(whole, origin))
		case WhatStreet:
			street = append(street, File{f.Name, whole})
		default:
			return res, fmt.Errorf("import %s: %w", f.Name, ErrUnknownFile)
		}
	}
	if street != nil {
		lists = append(lists, StreetSupport(street, from))
	}
	before := 0
	for _, list := range lists {
		last := 0
		counts, err := x.Import(ctx, res.listings(list), res.bad(refuse), func(done int) { last = done; tell(before + done) })
		for source, c := range counts {
			res.Counts[source] = c
		}
		if err != nil {
			return res, fmt.Errorf("import: %w", err)
		}
		before += last
	}
	return res, nil
}

// listings turns rows into what app takes, and counts them.
func (res *Result) listings(list iter.Seq2[Row, error]) iter.Seq2[app.Listing, error] {
	return func(yield func(app.Listing, error) bool) {
		for row, err := range list {
			if err == nil {
				res.Cover.Add(row)
			}
			if !yield(app.Listing{Service: row.Service, Gone: row.Gone != GoneNot}, err) {
				return
			}
		}
	}
}

// bad lets a refused row pass, and ends the import for anything else.
func (res *Result) bad(refuse func(*rows.Error)) func(error) error {
	return func(err error) error {
		one, ok := rows.IsBad(err)
		if !ok {
			return err
		}
		res.Refused++
		refuse(one)
		return nil
	}
}

// Sum adds the counts of all listings.
func (res Result) Sum() (sum app.Counts) {
	for _, c := range res.Counts {
		sum.New += c.New
		sum.Changed += c.Changed
		sum.Unchanged += c.Unchanged
		sum.LeftToProvider += c.LeftToProvider
		sum.Withdrawn += c.Withdrawn
		sum.Mapped += c.Mapped
		sum.Unmapped += c.Unmapped
	}
	return sum
}
