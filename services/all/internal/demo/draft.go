package demo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"example.org/waypost/pkg/id"
	"example.org/waypost/schemas/terms"
)

// Draft is a referral that somebody gets ready on a practice's pages: what a trainee begins has no word in the public API.
type Draft struct{ ID, version string }

var (
	versionIn  = regexp.MustCompile(`name="version" value="(\d+)"`)
	taskIn     = regexp.MustCompile(`/practice/tasks/([0-9a-f-]{36})`)
	referralIn = regexp.MustCompile(`/practice/referrals/([0-9a-f-]{36})`)
)

// Begin gets a referral ready about somebody the practice knows, as far as the page on which it is checked.
func Begin(ctx context.Context, as *Client, ref string, need terms.Need) (Draft, error) {
	text, err := as.Form(ctx, "/practice/patients/"+ref+"/start", url.Values{"idempotency_key": {id.New()}})
	if err != nil {
		return Draft{}, err
	}
	found := taskIn.FindStringSubmatch(text)
	if found == nil {
		return Draft{}, errors.New("begin a referral: nothing was begun")
	}
	d := Draft{ID: found[1]}
	for _, x := range []struct {
		name string
		form url.Values
	}{
		{"red-flags", url.Values{"all": {"no"}}},
		{"consent", url.Values{"given": {"yes"}, "how": {string(terms.ConsentByPhone)}}},
		{"need", url.Values{"need": {string(need)}}},
		{"details", url.Values{"risk": {"no"}, "narrative": {said + "we talked."}, "urgency": {string(terms.UrgencyRoutine)}}},
	} {
		if err := d.look(ctx, as, x.name); err != nil {
			return d, err
		}
		if _, err := d.post(ctx, as, d.page(x.name), x.form); err != nil {
			return d, err
		}
	}
	return d, d.look(ctx, as, "check")
}

func (d *Draft) page(name string) string { return "/practice/tasks/" + d.ID + "/" + name }

// look reads the version of the form on a page.
func (d *Draft) look(ctx context.Context, as *Client, name string) error {
	text, err := as.Page(ctx, d.page(name))
	if err != nil {
		return err
	}
	v := versionIn.FindStringSubmatch(text)
	if v == nil {
		return fmt.Errorf("no form on %s", d.page(name))
	}
	d.version = v[1]
	return nil
}

func (d *Draft) post(ctx context.Context, as *Client, action string, form url.Values) (string, error) {
	form.Set("version", d.version)
	form.Set("idempotency_key", id.New())
	return as.Form(ctx, action, form)
}

// Ask has a trainee ask somebody to sign it as it stands.
func (d *Draft) Ask(ctx context.Context, as *Client, supervisor string) error {
	_, err := d.post(ctx, as, d.page("signature"), url.Values{"supervisor": {supervisor}})
	return err
}

// Answer is a supervisor's.
func (d *Draft) Answer(ctx context.Context, by *Client, answer string) error {
	_, err := d.post(ctx, by, "/practice/signatures/"+d.ID, url.Values{"answer": {answer}})
	return err
}

// Send sends it, by somebody who was not shown who helps.
func (d *Draft) Send(ctx context.Context, as *Client) (referral string, err error) {
	text, err := d.post(ctx, as, d.page("send"), url.Values{"overlap": {"none"}})
	if err != nil {
		return "", err
	}
	if found := referralIn.FindStringSubmatch(text); found != nil {
		return found[1], nil
	}
	return "", errors.New("send a referral: the page names none")
}
