package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"example.org/waypost/pkg/fault"
)

// The npm packages' files, copied by build.mjs and not committed, and our own.
//
//go:embed all:assets
var assetFiles embed.FS

//go:embed static
var staticFiles embed.FS

// ErrNoAssets says that the program was built before `make assets`.
var ErrNoAssets = errors.New("the pages' styles and scripts are not in this program: run `make assets` (it needs Node) and build again")

// assets is every file that is served, by its name, and the address they are served under.
var assets, assetRoot = collectAssets()

func collectAssets() (map[string][]byte, string) {
	files := map[string][]byte{}
	sum := sha256.New()
	for _, from := range []struct {
		fs   fs.FS
		root string
	}{{assetFiles, "assets"}, {staticFiles, "static"}} {
		// An embedded folder can not fail to be read, and is walked in order.
		_ = fs.WalkDir(from.fs, from.root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Base(name) == ".keep" {
				return err
			}
			body, err := fs.ReadFile(from.fs, name)
			files[strings.TrimPrefix(name, from.root+"/")] = body
			sum.Write(body)
			return err
		})
	}
	return files, "/assets/" + hex.EncodeToString(sum.Sum(nil))[:12] + "/"
}

func assetsPresent() error {
	if assets["nhsuk-frontend.css"] == nil {
		return ErrNoAssets
	}
	return nil
}

// AssetURL is the address of a file, such as "waypost.css". It changes with the files' content, so that browsers may
// keep them for ever.
func AssetURL(name string) string { return assetRoot + name }

// AssetsPattern is where ServeAsset belongs in a ServeMux.
const AssetsPattern = "/assets/{hash}/{name...}"

// ServeAsset answers with a file.
func ServeAsset(w http.ResponseWriter, r *http.Request) error {
	name, known := strings.CutPrefix(r.URL.Path, assetRoot)
	body := assets[name]
	if !known || body == nil {
		return fault.NotFound("file")
	}
	h := w.Header()
	h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if packed := assets[name+".gz"]; packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = packed
	}
	_, err := w.Write(body)
	return err
}
