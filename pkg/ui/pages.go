package ui

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed html
var componentFiles embed.FS

// Pages are a service's own pages, parsed together with the components.
type Pages struct{ renderer }

// NewPages parses the files that match pattern, such as "html/*.html". Each is a page, or a component of the service's
// own, and is known by its name without folder and ending. Everything that can be wrong with a template by itself is
// found here, at start, as is a build without its styles and scripts.
func NewPages(files fs.FS, pattern string) (*Pages, error) {
	if err := assetsPresent(); err != nil {
		return nil, err
	}
	p := &Pages{}
	p.templates = template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"render": p.render,
		"asset":  AssetURL,
	})
	if err := p.parse(componentFiles, "html/*.html"); err != nil {
		return nil, err
	}
	if files != nil {
		if err := p.parse(files, pattern); err != nil {
			return nil, err
		}
	}
	return p, p.escapeAll()
}

func (p *Pages) parse(files fs.FS, pattern string) error {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		return fmt.Errorf("find templates: %w", err)
	}
	if len(names) == 0 {
		return fmt.Errorf("find templates: none match %q", pattern)
	}
	for _, file := range names {
		name := strings.TrimSuffix(path.Base(file), path.Ext(file))
		if p.templates.Lookup(name) != nil {
			return fmt.Errorf("parse templates: there is already one called %q", name)
		}
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return fmt.Errorf("read template: %w", err)
		}
		if _, err := p.templates.New(name).Parse(string(text)); err != nil {
			return fmt.Errorf("parse template %s: %w", file, err)
		}
	}
	return nil
}

// escapeAll runs every template once without data, because html/template looks for the contexts of a template only
// when it first runs. That it then misses its data is of no interest.
func (p *Pages) escapeAll() error {
	for _, t := range p.templates.Templates() {
		var wrong *template.Error
		if err := t.Execute(io.Discard, nil); errors.As(err, &wrong) {
			return fmt.Errorf("escape template %s: %w", t.Name(), err)
		}
	}
	return nil
}

// Laid is a page's data: any struct that embeds Page.
type Laid interface{ layout() Page }

// Render answers with the page that the template called name makes of data, inside the layout. The whole page is made
// before the first byte is sent, so a failure never leaves half of one: it is returned and nothing was written.
func (p *Pages) Render(w http.ResponseWriter, status int, name string, data Laid) error {
	var b bytes.Buffer
	if err := p.Write(&b, name, data); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	// A page may name a patient: it stays in no cache, not even the browser's own.
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	if err != nil {
		return fmt.Errorf("send page %s: %w", name, err)
	}
	return nil
}

// Write makes the page without answering a request.
func (p *Pages) Write(w io.Writer, name string, data Laid) error {
	return p.write(w, name, data, data.layout())
}

func (p *Pages) write(w io.Writer, name string, data Laid, page Page) error {
	main, err := p.execute(name, data)
	if err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	whole := struct {
		Page
		Main template.HTML
	}{page, main}
	if err := p.templates.ExecuteTemplate(w, "layout", whole); err != nil {
		return fmt.Errorf("render layout of %s: %w", name, err)
	}
	return nil
}

// Fragment makes one component without a layout, for an answer to a script.
func (p *Pages) Fragment(w io.Writer, c Component) error {
	html, err := p.render(c)
	if err != nil {
		return fmt.Errorf("render %s: %w", c.Template(), err)
	}
	_, err = io.WriteString(w, string(html))
	return err
}
