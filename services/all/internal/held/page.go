package held

import (
	_ "embed"
	"html/template"
	"io"
	"strings"
	"time"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("held").Funcs(template.FuncMap{
	"plain": plain, "at": func(t time.Time) string { return t.UTC().Format("2 January 2006 at 15:04") },
	"door": func(service string) string { return doors[service] },
}).Parse(pageText))

// doors are what people call the services.
var doors = map[string]string{
	"primarycare": "Practices", "linkworker": "Link workers", "vcse": "Providers", "mdt": "Meetings", "coordination": "The shared case", "register": "Who is who",
}

// plain makes a name of a table or column one that is read.
func plain(name string) string {
	words := strings.ReplaceAll(name, "_", " ")
	words = strings.NewReplacer("nhs number", "NHS number", " id", "").Replace(words)
	return strings.ToUpper(words[:1]) + words[1:]
}

// Page writes it for a privacy officer: one file that needs nothing else, to be read on a screen or printed.
func Page(w io.Writer, h Held) error { return page.Execute(w, h) }
