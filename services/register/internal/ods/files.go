package ods

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/rows"
)

// What is a file of ODS: which of the exports it is.
type What string

// The exports that can be read.
const (
	WhatPractices What = "practices"
	WhatNetworks  What = "networks"
	WhatListSizes What = "list sizes"
	WhatNothing   What = "" // nothing we read
)

// Tell looks at the beginning of a file to see which export it is, so that they can be given in any order. The reader
// it returns has the whole file in it, unpacked.
func Tell(r io.Reader) (What, io.Reader, error) {
	plain, err := rows.Plain(r)
	if err != nil {
		return WhatNothing, nil, fmt.Errorf("tell what the file is: %w", err)
	}
	b := bufio.NewReaderSize(plain, 64<<10)
	head, err := b.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return WhatNothing, nil, fmt.Errorf("tell what the file is: %w", err)
	}
	for rec, err := range rows.CSV(strings.NewReader(string(head)), "") {
		switch {
		case err != nil:
			continue
		case isHeader(rec.Fields, networkHeader):
			return WhatNetworks, b, nil
		case isHeader(rec.Fields, listSizeHeader):
			return WhatListSizes, b, nil
		case isHeader(rec.Fields, detailsHeader):
			return WhatNothing, b, nil
		case len(rec.Fields) == columns:
			return WhatPractices, b, nil
		}
	}
	return WhatNothing, b, nil
}

// because turns the first thing domain refused into a field and a reason.
func because(err error) (field, reason string) {
	if refused, ok := fault.Of(err); ok && len(refused.Fields) > 0 {
		return refused.Fields[0].Path, refused.Fields[0].Message
	}
	return "", "it is not an organisation"
}
