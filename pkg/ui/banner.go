package ui

// Banner tells what just happened, or what one must know first. Body says what the other side was told of it: "Emailed",
// "They will see it in the service", "The email failed: phone them".
type Banner struct {
	Kind    BannerKind
	Heading string
	Body    Component
}

// BannerKind is how a banner looks and what word stands over it.
type BannerKind string

// The kinds.
const (
	Information BannerKind = "Important" // also the zero value's meaning
	Success     BannerKind = "Success"   // takes the focus and is read out
	Attention   BannerKind = "Warning"
)

// Template names html/banner.html.
func (Banner) Template() string { return "banner" }

// Word stands over the banner.
func (b Banner) Word() string {
	if b.Kind == "" {
		return string(Information)
	}
	return string(b.Kind)
}

// IsSuccess tells whether something was done.
func (b Banner) IsSuccess() bool { return b.Kind == Success }

// IsWarning tells whether something needs care.
func (b Banner) IsWarning() bool { return b.Kind == Attention }
