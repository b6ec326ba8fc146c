package ui

// Page is what every page has around its own content. Each page's struct embeds it; the service's web room fills in
// what is the same everywhere, the handler the rest.
type Page struct {
	// Title is the page's own part of the title, without the service. It goes into browser histories, so it names a
	// patient by initials at most.
	Title string
	// Service names the workspace, such as "Practice", and leads to its home.
	Service Link
	// Person is who is signed in; nil shows a way to sign in when SignIn is given.
	Person *SignedIn
	SignIn string
	// Menu is the workspace's main sections.
	Menu []MenuItem
	// Simulated says what on the page is not real, such as "the provider's answers are made up". Empty when all is.
	Simulated string
	// Back leads to where the person came from; Trail to the pages above. A page has one of them, or none.
	Back  *Link
	Trail []Link
	// Problems are shown in a summary at the top, and put "Error: " before the title.
	Problems Problems
	// Banner tells what just happened, above the content.
	Banner *Banner
	// Header is who the page is about, above the content.
	Header *PersonHeader
	// Wide uses the whole width, for lists with many columns.
	Wide bool
	// Footer is links at the bottom, such as the accessibility statement.
	Footer []Link
	// Nonce is this answer's content-security-policy nonce, from httpx.
	Nonce string
	// Session makes the page warn before the person is signed out; nil on pages that need no sign-in.
	Session *Session
}

func (p Page) layout() Page { return p }

// WindowTitle is what the browser's tab says.
func (p Page) WindowTitle() string {
	title := p.Title
	if p.Service.Text != "" {
		title += " – " + p.Service.Text
	}
	if len(p.Problems) > 0 {
		title = "Error: " + title
	}
	return title + " – Waypost"
}

// SignedIn is the person at the screen, for whom they act, and where they sign out (by POST).
type SignedIn struct {
	Name, Role, Organisation string
	SignOut                  string
}

// MenuItem is a section of the workspace. Count is shown when it is not 0.
type MenuItem struct {
	Text, Href string
	Current    bool
	Count      int
}

// Session says when the sign-in ends if nothing is done, so that the page can warn two minutes before. Any page opened in
// any tab starts the time anew, as the server does.
type Session struct {
	Seconds int
	Stay    string // a GET that starts the time anew and answers with any 2xx
	Leave   string // where the page goes when time is up: sign-in, coming back to this page
	Person  string // the person's id: what was typed is given back to nobody else
}

// Template names html/session.html.
func (Session) Template() string { return "session" }

// LastOfTrail is the page right above this one, the only part of the trail that a small screen has room for.
func (p Page) LastOfTrail() *Link {
	if len(p.Trail) == 0 {
		return nil
	}
	return &p.Trail[len(p.Trail)-1]
}
