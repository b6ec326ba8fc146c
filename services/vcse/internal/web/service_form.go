package web

import (
	"net/http"
	"strconv"
	"strings"

	"example.org/waypost/pkg/fault"
	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/app"
	"example.org/waypost/services/vcse/internal/domain"
)

// serviceFormPage adds a service or changes one.
type serviceFormPage struct {
	ui.Page
	Form ui.Form
}

// rows of a form that has no scripts to add some: so many places and sessions can be written at once.
const (
	placeRows   = 2
	sessionRows = 4
)

func (web *Web) newService(w http.ResponseWriter, r *http.Request) error {
	if !isProvider(who(r)) {
		return domain.ErrNotAProvider
	}
	return web.showForm(w, r, http.StatusOK, domain.Service{Status: terms.ServiceActive, AcceptsReferrals: true}, nil, nil)
}

func (web *Web) editService(w http.ResponseWriter, r *http.Request) error {
	s, err := web.ownService(r)
	if err != nil {
		return err
	}
	return web.showForm(w, r, http.StatusOK, s, nil, nil)
}

func (web *Web) ownService(r *http.Request) (domain.Service, error) {
	id, err := httpx.PathID(r, "id")
	if err != nil {
		return domain.Service{}, err
	}
	v, err := web.App.Service(r.Context(), who(r), id)
	if err != nil {
		return domain.Service{}, err
	}
	if v.ProviderID != who(r).Organisation {
		return domain.Service{}, domain.ErrNotOurs
	}
	return v.OwnService.Service, nil
}

func (web *Web) showForm(w http.ResponseWriter, r *http.Request, status int, s domain.Service, f *httpx.Form, wrong *fault.Error) error {
	heading, template := "Add a service", pageServiceForm
	if s.ID != "" {
		heading = "Change " + s.Name
	}
	return web.pages.Render(w, status, template, newServiceForm(web.page(r, heading), s, f, wrong))
}

// filled is what stands in a form: what was typed, or else what the service has.
type filled struct {
	form  *httpx.Form
	wrong ui.Problems
}

func (x filled) one(name, otherwise string) string {
	if x.form == nil {
		return otherwise
	}
	return x.form.Typed(name)
}

func (x filled) all(name string, otherwise []string) []string {
	if x.form == nil {
		return otherwise
	}
	return x.form.TypedAll(name)
}

func (x filled) input(name, label, hint, value string, width int) ui.Input {
	return ui.Input{Name: name, Label: label, Hint: hint, Value: x.one(name, value), Error: x.wrong.For(name), Width: width}
}

func newServiceForm(base ui.Page, s domain.Service, f *httpx.Form, wrong *fault.Error) serviceFormPage {
	p := serviceFormPage{Page: base}
	p.Back = &ui.Link{Text: "Back", Href: Root + "/services"}
	x := filled{form: f}
	if wrong != nil {
		p.Problems = ui.ProblemsOf(wrong)
		x.wrong = p.Problems
	}
	action := Root + "/services"
	if s.ID != "" {
		action = servicePath(s.ID)
		p.Back.Href = action
	}
	p.Form = ui.Form{Action: action, IdempotencyKey: newKey(), Version: int64(s.Version), Buttons: []ui.Component{ui.Button{Text: "Save"}}}
	p.Form.Fields = append(p.Form.Fields, whatFields(x, s)...)
	p.Form.Fields = append(p.Form.Fields, whoFields(x, s)...)
	p.Form.Fields = append(p.Form.Fields, whereFields(x, s)...)
	p.Form.Fields = append(p.Form.Fields, whenFields(x, s)...)
	p.Form.Fields = append(p.Form.Fields, reachFields(x, s)...)
	return p
}

func whatFields(x filled, s domain.Service) []ui.Component {
	statuses := []ui.Option{}
	for _, i := range terms.ServiceStatuses {
		statuses = append(statuses, ui.Option{Value: string(i.Code), Text: i.Label})
	}
	return []ui.Component{
		x.input("name", "Name of the service", "", s.Name, 0),
		ui.Textarea{Name: "description", Label: "What happens there?", Value: x.one("description", s.Description), Error: x.wrong.For("description"), MaxLength: domain.MaxDescription},
		ui.Checkboxes{Name: "needs", Label: "What does it help with?", Values: x.all("needs", codes(s.Needs)), Error: x.wrong.For("needs"), Options: needOptions()},
		ui.Radios{Name: "status", Label: "Is it running?", Value: x.one("status", string(s.Status)), Error: x.wrong.For("status"), Options: statuses},
		ui.Radios{
			Name: "accepts_referrals", Label: "Does it take referrals through Waypost?", Hint: "Otherwise people are only told about it",
			Value: x.one("accepts_referrals", yesNo(s.AcceptsReferrals)), Error: x.wrong.For("accepts_referrals"), Options: ui.YesNo(), Inline: true,
		},
	}
}

func whoFields(x filled, s domain.Service) []ui.Component {
	return []ui.Component{
		ui.Heading{Text: "Who it is for"},
		x.input("minimum_age", "Youngest age", "", optional(s.MinimumAge), 3), x.input("maximum_age", "Oldest age", "", optional(s.MaximumAge), 3),
		ui.Textarea{Name: "eligibility", Label: "Anything else people must meet", Rows: 2, Value: x.one("eligibility", s.Eligibility), Error: x.wrong.For("eligibility")},
		x.input("fees", "What does it cost?", "Such as: free", s.Fees, 0),
		x.input("languages", "Languages", "Separated by commas", strings.Join(s.Languages, ", "), 0),
		ui.Details{
			ID: "access", Summary: "What it has for people who need it: steps, hearing loop, interpreters and more", Open: len(s.Accessibility) > 0 || x.form != nil,
			Body: ui.Checkboxes{Name: "accessibility", Label: "Access", Values: x.all("accessibility", codes(s.Accessibility)), Error: x.wrong.For("accessibility"), Options: accessOptions()},
		},
	}
}

func whereFields(x filled, s domain.Service) []ui.Component {
	deliveries := []ui.Option{}
	for _, d := range terms.Deliveries {
		deliveries = append(deliveries, ui.Option{Value: string(d.Code), Text: d.Label})
	}
	out := []ui.Component{
		ui.Heading{Text: "Where"},
		ui.Checkboxes{Name: "delivery", Label: "How is it given?", Values: x.all("delivery", codes(s.Delivery)), Error: x.wrong.For("delivery"), Options: deliveries},
	}
	for i := range max(placeRows, len(s.Places)) {
		var p domain.Place
		if i < len(s.Places) {
			p = s.Places[i]
		}
		nth := strconv.Itoa(i + 1)
		out = append(out, x.input("place_name_"+nth, "Place "+nth+": name", "", p.Name, 0), x.input("place_address_"+nth, "Place "+nth+": address", "", p.Address, 0),
			x.input("place_postcode_"+nth, "Place "+nth+": postcode", "", p.Postcode, 10))
	}
	return out
}

func whenFields(x filled, s domain.Service) []ui.Component {
	days := []ui.SelectOption{{Value: "", Text: "No session"}}
	for _, d := range terms.Weekdays {
		days = append(days, ui.SelectOption{Value: strconv.Itoa(int(d)), Text: d.Label()})
	}
	out := []ui.Component{ui.Heading{Text: "When, every week"}}
	var more ui.Group // folded away until they are needed
	for i := range max(sessionRows, len(s.Sessions)) {
		var one domain.Session
		day, nth := "", strconv.Itoa(i+1)
		if i < len(s.Sessions) {
			one = s.Sessions[i]
			day = strconv.Itoa(int(one.Weekday))
		}
		row := []ui.Component{
			ui.Select{Name: "day_" + nth, Label: "Session " + nth + ": day", Value: x.one("day_"+nth, day), Error: x.wrong.For("day_" + nth), Options: days},
			x.input("from_"+nth, "Session "+nth+": from", "Such as 09:30", one.From, 5), x.input("to_"+nth, "Session "+nth+": to", "", one.To, 5),
		}
		if i <= len(s.Sessions) {
			out = append(out, row...)
		} else {
			more = append(more, row...)
		}
	}
	if len(more) > 0 {
		out = append(out, ui.Details{ID: "more-sessions", Summary: "More sessions", Open: x.form != nil, Body: more})
	}
	return append(out, ui.Textarea{Name: "opening", Label: "Opening times in words", Hint: "Where weekly sessions can not say it", Rows: 2, Value: x.one("opening", s.Opening), Error: x.wrong.For("opening")})
}

func reachFields(x filled, s domain.Service) []ui.Component {
	return []ui.Component{
		ui.Heading{Text: "How to reach you"},
		x.input("phone", "Phone", "", s.Phone, 20), x.input("email", "Email", "", s.Email, 0), x.input("url", "Website", "Beginning with https://", s.URL, 0),
	}
}

func codes[T ~string](list []T) []string {
	var out []string
	for _, c := range list {
		out = append(out, string(c))
	}
	return out
}

func needOptions() []ui.Option {
	var out []ui.Option
	for _, n := range terms.Needs {
		out = append(out, ui.Option{Value: string(n.Code), Text: n.Label, Hint: n.Hint})
	}
	return out
}

func accessOptions() []ui.Option {
	var out []ui.Option
	for _, a := range terms.Accessibilities {
		out = append(out, ui.Option{Value: string(a.Code), Text: a.Label})
	}
	return out
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func optional(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func (web *Web) addService(w http.ResponseWriter, r *http.Request) error {
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	s := readService(f, domain.Service{})
	var d app.Done
	if err = f.Err(); err == nil {
		d, err = web.App.PublishService(r.Context(), who(r), httpx.Command(r.Context(), "publish service"), app.ServiceInput{Service: s})
	}
	if err == nil {
		http.Redirect(w, r, did(servicePath(d.ID), "added"), http.StatusSeeOther)
		return nil
	}
	wrong, ok := refused(err)
	if !ok {
		return err
	}
	return web.showForm(w, r, httpx.Status(err), domain.Service{}, f, wrong)
}

func (web *Web) changeService(w http.ResponseWriter, r *http.Request) error {
	old, err := web.ownService(r)
	if err != nil {
		return err
	}
	f, err := httpx.ParseForm(r)
	if err != nil {
		return err
	}
	version, err := f.Version()
	if err != nil {
		return err
	}
	s := readService(f, old)
	if err = f.Err(); err == nil {
		_, err = web.App.PublishService(r.Context(), who(r), httpx.Command(r.Context(), "publish service"), app.ServiceInput{ID: old.ID, Version: version, Service: s})
	}
	if err == nil {
		http.Redirect(w, r, did(servicePath(old.ID), "changed"), http.StatusSeeOther)
		return nil
	}
	wrong, ok := refused(err)
	if !ok {
		return err
	}
	return web.showForm(w, r, httpx.Status(err), old, f, wrong)
}

// readService reads the form. Coordinates stay with a place whose postcode was not changed.
func readService(f *httpx.Form, old domain.Service) domain.Service {
	s := domain.Service{
		Name: f.Text("name", domain.MaxName, "Enter the name of the service"), Description: f.Area("description", domain.MaxDescription, ""),
		Eligibility: f.Area("eligibility", domain.MaxShortText, ""), Fees: f.Text("fees", domain.MaxShortText, ""), Opening: f.Area("opening", domain.MaxShortText, ""),
		Phone: f.Text("phone", domain.MaxContact, ""), Email: f.Text("email", domain.MaxContact, ""), URL: f.Text("url", domain.MaxLink, ""),
		Status:           terms.ServiceStatus(f.Choice("status", "Select whether it is running", "active", "inactive", "temporarily_closed")),
		AcceptsReferrals: f.YesNo("accepts_referrals", "Select whether it takes referrals"),
		MinimumAge:       counted(f, "minimum_age"), MaximumAge: counted(f, "maximum_age"),
	}
	if s.URL != "" && !strings.HasPrefix(s.URL, "https://") && !strings.HasPrefix(s.URL, "http://") {
		f.Add("url", "Enter an address that begins with https://")
	}
	for _, n := range f.Choices("needs", "", needCodes()...) {
		s.Needs = append(s.Needs, terms.Need(n))
	}
	for _, a := range f.Choices("accessibility", "", accessCodes()...) {
		s.Accessibility = append(s.Accessibility, terms.Accessibility(a))
	}
	for _, d := range f.Choices("delivery", "", "in_person", "phone", "online", "home_visit") {
		s.Delivery = append(s.Delivery, terms.Delivery(d))
	}
	for l := range strings.SplitSeq(f.Text("languages", domain.MaxShortText, ""), ",") {
		if l = strings.TrimSpace(l); l != "" {
			s.Languages = append(s.Languages, l)
		}
	}
	readPlaces(f, &s, old)
	readSessions(f, &s, old)
	return s
}

func readPlaces(f *httpx.Form, s *domain.Service, old domain.Service) {
	for i := range max(placeRows, len(old.Places)) {
		nth := strconv.Itoa(i + 1)
		p := domain.Place{
			Name: f.Text("place_name_"+nth, domain.MaxShortText, ""), Address: f.Text("place_address_"+nth, domain.MaxShortText, ""),
			Postcode: strings.ToUpper(f.Text("place_postcode_"+nth, 10, "")),
		}
		if i < len(old.Places) && old.Places[i].Postcode == p.Postcode {
			p.Latitude, p.Longitude = old.Places[i].Latitude, old.Places[i].Longitude
		}
		if p.Name != "" || p.Address != "" || p.Postcode != "" {
			s.Places = append(s.Places, p)
		}
	}
}

func readSessions(f *httpx.Form, s *domain.Service, old domain.Service) {
	for i := range max(sessionRows, len(old.Sessions)) {
		nth := strconv.Itoa(i + 1)
		day := f.Choice("day_"+nth, "", "1", "2", "3", "4", "5", "6", "7")
		from, to := clockTime(f, "from_"+nth), clockTime(f, "to_"+nth)
		if day == "" {
			continue
		}
		if to != "" && from == "" {
			f.Add("from_"+nth, "Enter when it begins, such as 09:30")
		}
		x := domain.Session{Weekday: terms.Weekday(day[0] - '0'), From: from, To: to}
		if i < len(old.Sessions) && old.Sessions[i].Place != nil && *old.Sessions[i].Place < len(s.Places) {
			x.Place = old.Sessions[i].Place
		}
		s.Sessions = append(s.Sessions, x)
	}
}

// clockTime reads a time of day as people write it: 9:30, 09:30, 9.30.
func clockTime(f *httpx.Form, field string) string {
	s := strings.ReplaceAll(f.Text(field, 20, ""), ".", ":")
	if s == "" {
		return ""
	}
	hour, minute, ok := strings.Cut(s, ":")
	h, err := strconv.Atoi(hour)
	m, err2 := strconv.Atoi(minute)
	if !ok || err != nil || err2 != nil || h < 0 || h > 23 || m < 0 || m > 59 {
		f.Add(field, "Enter a time such as 09:30")
		return ""
	}
	return two(h) + ":" + two(m)
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

func needCodes() []string {
	var out []string
	for _, n := range terms.Needs {
		out = append(out, string(n.Code))
	}
	return out
}

func accessCodes() []string {
	var out []string
	for _, a := range terms.Accessibilities {
		out = append(out, string(a.Code))
	}
	return out
}
