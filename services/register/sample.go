package register

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"example.org/waypost/pkg/rows"

	"example.org/waypost/services/register/internal/app"
	"example.org/waypost/services/register/internal/ods"
	"example.org/waypost/services/register/internal/sample"
)

// LoadSample takes in the sample (deploy/sample): the files of ODS in its folder ods, and the invented people. What is there
// already changes nothing, so it can be run at every start. out hears, in one line, what was new; nothing when nothing was.
func (d *Door) LoadSample(ctx context.Context, files fs.FS, out io.Writer) error {
	practices, err := d.loadODS(ctx, files)
	if err != nil {
		return fmt.Errorf("load the sample of register: %w", err)
	}
	organisations, roles, err := sample.Load(ctx, d.app, files)
	if err != nil {
		return fmt.Errorf("load the sample of register: %w", err)
	}
	if practices+organisations+roles > 0 {
		fmt.Fprintf(out, "register: %d practices, %d invented organisations, %d roles of invented people\n", practices, organisations, roles)
	}
	return nil
}

func (d *Door) loadODS(ctx context.Context, files fs.FS) (added int, err error) {
	names, err := fs.Glob(files, "ods/*.csv.gz")
	if err != nil {
		return 0, err
	}
	var list []ods.File
	for _, name := range names {
		f, err := files.Open(name)
		if err != nil {
			return 0, err
		}
		defer func() { _ = f.Close() }() // only read
		list = append(list, ods.File{Name: name, Reader: f})
	}
	var refused []string
	done, err := ods.Import(ctx, d.app, list, func(e *rows.Error) { refused = append(refused, e.Error()) }, func(app.Counts) {})
	if err == nil && refused != nil {
		err = fmt.Errorf("the sample has bad rows: %s", strings.Join(refused, "; "))
	}
	return done.Added, err
}
