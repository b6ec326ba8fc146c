package ui

// NotReached tells whoever sent something that no e-mail reaches whom they asked. label is the state of the e-mail; phone is where to ring, ""
// when no number is known; call is the page where one says that one phoned them.
func NotReached(label, phone, call string) Component {
	words := "They were to be told by email that you ask them."
	if phone != "" {
		words += " Their number is " + phone + "."
	}
	return Group{Tag{Text: label, Colour: Red}, Paragraph(words + " This goes once they have opened it, or you said that you phoned them."), LinkButton{Text: "We phoned them", Href: call, Variant: Secondary}}
}
