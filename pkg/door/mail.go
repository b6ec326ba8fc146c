package door

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"example.org/waypost/pkg/httpx"
	"example.org/waypost/pkg/mail"
)

// Mail is how organisations are told by e-mail. Its zero value is not at all.
type Mail struct {
	Sender *mail.Sender // nil: no e-mail is sent
	Public string       // where people open Waypost, without a slash at the end
}

// OpenMail reads the mail settings. Without a server there is no mail; with one all of them are needed.
func OpenMail(server, password, from, public string) (Mail, error) {
	if server == "" {
		return Mail{}, nil
	}
	s, err := mail.New(server, password, from)
	if err != nil {
		return Mail{}, fmt.Errorf("read mail settings: %w", err)
	}
	u, err := url.Parse(public)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		return Mail{}, fmt.Errorf("read mail settings: %w: where people open Waypost is no address such as https://waypost.example.org", mail.ErrSetting)
	}
	return Mail{s, strings.TrimRight(public, "/")}, nil
}

// TellsOfMail has readiness say how it stands with e-mail. It is never needed: offers are in the tray without it.
func (f *Frame) TellsOfMail(part func(ctx context.Context) httpx.Part) { f.mail = part }
