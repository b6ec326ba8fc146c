// Command sample makes what of deploy/sample is made: the real files cut down to Greater Manchester, the link worker teams
// of its networks, and the invented patients. It needs the folder of shared data, which the product itself never does.
//
//	go run ./deploy/tools/cmd/sample -shared ../shared/data -out deploy/sample
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	shared := flag.String("shared", "../shared/data", "the folder of shared data")
	out := flag.String("out", "deploy/sample", "where the sample is")
	flag.Parse()
	files, err := Make(*shared)
	if err == nil {
		err = write(*out, files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sample:", err)
		os.Exit(1)
	}
}

// Make makes every file, by its name under deploy/sample; .gz are not packed yet.
func Make(shared string) (map[string][]byte, error) {
	read := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(shared, name)) }
	ods, err := cutODS(read)
	if err != nil {
		return nil, err
	}
	listings, err := cutListings(read)
	if err != nil {
		return nil, err
	}
	teams, err := teams(ods[networksFile])
	if err != nil {
		return nil, err
	}
	patients, err := patients(ods[practicesFile])
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"teams.json": teams, "patients.json": patients}
	for name, b := range ods {
		files[name] = b
	}
	for name, b := range listings {
		files[name] = b
	}
	return files, nil
}

func write(dir string, files map[string][]byte) error {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		path := filepath.Join(dir, name)
		b := files[name]
		if filepath.Ext(name) == ".gz" {
			if same(path, b) {
				continue // another version of the packer would write other bytes of the same content
			}
			b = pack(b)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // it is published
			return err
		}
		if err := os.WriteFile(path, b, 0o644); err != nil { //nolint:gosec // likewise
			return err
		}
		fmt.Printf("%8d  %s\n", len(b), path)
	}
	return nil
}

func same(path string, content []byte) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		return false
	}
	b, err := io.ReadAll(z)
	return err == nil && bytes.Equal(b, content)
}

func pack(b []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is a valid one
	_, _ = z.Write(b)                                       // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}
