// Package mail sends short e-mails in plain text by SMTP, and says of each that was not sent whether the server refused it or was away.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// Sender sends by one server. It keeps no connection: what is sent here is a few e-mails an hour, and a connection that was kept is one
// that has gone when it is needed.
type Sender struct {
	host   string
	from   mail.Address
	domain string
	opts   []gomail.Option
}

// The errors of Send and New.
var (
	ErrSetting = errors.New("the mail settings are wrong")
	ErrMessage = errors.New("the e-mail can not be written") // a header with more than a line in it, or an address that is none
	ErrAway    = errors.New("the mail server is away, or does not work with us")
)

// Refused is a server's answer to one e-mail. It names no address: what is logged is the code.
type Refused struct {
	Code int  // as SMTP has it: 550
	Good bool // refused for good
}

func (r *Refused) Error() string { return "the mail server answered " + strconv.Itoa(r.Code) }

// Refused is the code, and whether it would be the same tomorrow.
func (r *Refused) Refused() (code int, forGood bool) { return r.Code, r.Good }

// sends is how long one e-mail may take.
const sends = 8 * time.Second

// New reads where the server is: smtp://user@host:587 is encrypted once it is greeted, smtps://user@host:465 from the start. Without
// encryption (?tls=off) it must be on this machine, where nobody listens in between. from is whom the e-mails come from: "Waypost <waypost@example.org>".
func New(server, password, from string) (*Sender, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Path != "" && u.Path != "/" {
		return nil, fmt.Errorf("%w: the server is no address such as smtp://user@host:587", ErrSetting)
	}
	if _, in := u.User.Password(); in {
		return nil, fmt.Errorf("%w: the password does not stand in the address: it comes as a file", ErrSetting)
	}
	s := &Sender{host: u.Hostname(), opts: []gomail.Option{gomail.WithTimeout(sends)}}
	address, err := mail.ParseAddress(from)
	if err != nil || !isAddress(address.Address) || !isLine(address.Name) {
		return nil, fmt.Errorf("%w: whom e-mails come from is no address such as Waypost <waypost@example.org>", ErrSetting)
	}
	s.from = *address
	_, s.domain, _ = strings.Cut(address.Address, "@")
	s.opts = append(s.opts, gomail.WithHELO(s.domain))
	port := map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
	switch off := u.Query().Get("tls") == "off"; {
	case port == "":
		return nil, fmt.Errorf("%w: the server's address begins with smtp:// or smtps://", ErrSetting)
	case off && !here(s.host):
		return nil, fmt.Errorf("%w: only a server on this machine may be spoken to without encryption", ErrSetting)
	case off:
		s.opts = append(s.opts, gomail.WithTLSPolicy(gomail.NoTLS))
	case u.Scheme == "smtps":
		s.opts = append(s.opts, gomail.WithSSL())
	default:
		s.opts = append(s.opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if p := u.Port(); p != "" {
		port = p
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("%w: the port is no number", ErrSetting)
	}
	s.opts = append(s.opts, gomail.WithPort(n))
	if u.User != nil {
		s.opts = append(s.opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	if _, err := gomail.NewClient(s.host, s.opts...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSetting, err)
	}
	return s, nil
}

func here(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send sends one e-mail. id makes its Message-ID, the same whenever it is sent again. The error is ErrMessage when no server should ever see
// it, a *Refused when the server would not take it, and ErrAway when it may go better later. When nil is returned the server has it; when
// the connection breaks after it has, and before it could say so, it has it too and the e-mail comes twice.
func (s *Sender) Send(ctx context.Context, to, subject, text, id string) error {
	m, err := s.message(to, subject, text, id)
	if err != nil {
		return err
	}
	c, err := gomail.NewClient(s.host, s.opts...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSetting, err)
	}
	if err := c.DialAndSendWithContext(ctx, m); err != nil && !m.IsDelivered() {
		return meaning(err)
	}
	return nil
}

func (s *Sender) message(to, subject, text, id string) (*gomail.Msg, error) {
	if !isAddress(to) || !isLine(subject) || !isID.MatchString(id) {
		return nil, &unwritable{}
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP))
	m.FromMailAddress(&s.from)
	m.ToMailAddress(&mail.Address{Address: to})
	m.Subject(subject)
	m.SetMessageIDWithValue(id + "@" + s.domain)
	m.SetDate()
	m.SetGenHeader("Auto-Submitted", "auto-generated") // so that no holiday notice comes back
	m.SetBodyString(gomail.TypeTextPlain, plain(text))
	return m, nil
}

// unwritable is a refusal of our own: tried again it would be refused again.
type unwritable struct{}

func (*unwritable) Error() string        { return ErrMessage.Error() }
func (*unwritable) Unwrap() error        { return ErrMessage }
func (*unwritable) Refused() (int, bool) { return 0, true }

// meaning is what an error says of this e-mail. The library's own words name the address, so they end here.
func meaning(err error) error {
	var e *gomail.SendError
	if !errors.As(err, &e) || e.ErrorCode() < 400 {
		return ErrAway
	}
	switch e.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return &Refused{Code: e.ErrorCode(), Good: e.ErrorCode() >= 500}
	}
	return ErrAway // who we are was refused, or the connection: the next e-mail would meet the same
}

var (
	isID    = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	address = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$`)
)

func isAddress(s string) bool { return len(s) <= 254 && address.MatchString(s) }

// isLine tells whether a text may stand in a header: no control character, so no second header.
func isLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
	})
}

// plain leaves no control character in a text but the ends of lines.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
}
