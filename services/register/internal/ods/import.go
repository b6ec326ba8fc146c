package ods

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/rows"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/domain"
)

// File is a file by its name.
type File struct {
	Name string
	io.Reader
}

// ErrUnknownFile is for a file that is none of the exports we read.
var ErrUnknownFile = errors.New("it is not a file of practices, of network members or of list sizes")

// batchSize is how many organisations are taken in in one transaction.
const batchSize = 500

// Import takes files of ODS into the register, in whatever order they are given. Memberships and list sizes are laid over
// the practices of the same run, and over those known already. refuse hears of each bad row; tell of how many are done.
func Import(ctx context.Context, x *app.App, files []File, refuse func(*rows.Error), tell func(app.Counts)) (app.Counts, error) {
	im := importing{app: x, refuse: refuse, tell: tell}
	var practices []File
	for _, f := range files {
		what, whole, err := Tell(f)
		if err == nil {
			err = im.beside(what, whole, f.Name, &practices)
		}
		if err != nil {
			return im.done, fmt.Errorf("import %s: %w", f.Name, err)
		}
	}
	for _, f := range practices {
		if err := im.practices(ctx, f); err != nil {
			return im.done, fmt.Errorf("import %s: %w", f.Name, err)
		}
	}
	if len(practices) == 0 {
		if err := im.known(ctx); err != nil {
			return im.done, err
		}
	}
	return im.done, nil
}

type importing struct {
	app    *app.App
	with   Beside
	refuse func(*rows.Error)
	tell   func(app.Counts)
	batch  []app.Incoming
	done   app.Counts
}

// beside reads what stands beside the practices, and keeps the files of practices for later.
func (im *importing) beside(what What, whole io.Reader, name string, practices *[]File) (err error) {
	switch what {
	case WhatNetworks:
		im.with.Networks, err = Networks(whole, name, im.refuse)
	case WhatListSizes:
		im.with.ListSizes, err = ListSizes(whole, name, im.refuse)
	case WhatPractices:
		*practices = append(*practices, File{name, whole})
	default:
		err = ErrUnknownFile
	}
	return err
}

func (im *importing) practices(ctx context.Context, f File) error {
	for row, err := range Practices(f, f.Name, im.with) {
		if bad, ok := rows.IsBad(err); ok {
			im.refuse(bad)
			continue
		}
		if err != nil {
			return err
		}
		lay := func(known domain.Organisation) (domain.Organisation, bool) { return known.From(row.Organisation) }
		if err := im.take(ctx, app.Incoming{ID: row.Organisation.ID, Lay: lay}); err != nil {
			return err
		}
	}
	return im.flush(ctx)
}

// known lays memberships and list sizes over practices that are there already, when no file of practices came with them.
func (im *importing) known(ctx context.Context) error {
	codes := map[string]bool{}
	for code := range im.with.Networks {
		codes[code] = true
	}
	for code := range im.with.ListSizes {
		codes[code] = true
	}
	for _, code := range sorted(codes) {
		lay := func(known domain.Organisation) (domain.Organisation, bool) {
			if known.ID == "" {
				return known, false // of whom only its network is known is not registered by that
			}
			source := known
			source.Network, source.ListSize = im.with.Networks[code], im.with.ListSizes[code]
			return known.From(source)
		}
		if err := im.take(ctx, app.Incoming{ID: id.FromName("ods", code), Lay: lay}); err != nil {
			return err
		}
	}
	return im.flush(ctx)
}

func (im *importing) take(ctx context.Context, in app.Incoming) error {
	if im.batch = append(im.batch, in); len(im.batch) < batchSize {
		return nil
	}
	return im.flush(ctx)
}

func (im *importing) flush(ctx context.Context) error {
	done, err := im.app.ImportOrganisations(ctx, im.batch)
	if err != nil {
		return err
	}
	im.batch = im.batch[:0]
	im.done.Add(done)
	im.tell(im.done)
	return nil
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}
