package ui_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/ui"
)

func TestPagesParse(t *testing.T) {
	t.Parallel()
	pages, err := ui.NewPages(nil, "")
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, pages.Write(&b, ui.ShutterPage, ui.Shutter{Page: ui.Page{Title: "No access"}, Body: ui.Group{
		ui.Paragraph("Ask <your> lead"), ui.Radios{Name: "q", Label: "Q?", Options: ui.YesNo(), Error: "Select"},
		ui.Textarea{Name: "t", Value: "a\nb", MaxLength: 20}, ui.DateInput{Name: "dob", Label: "Born", Error: "x"},
	}}))
	t.Log(b.String())
}
