package demo

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"example.org/waypost/pkg/authn"
	"example.org/waypost/schemas/terms"
)

// Organisation is one of the register's, as far as a play needs it.
type Organisation struct {
	ID       string                 `json:"id"`
	Kind     terms.OrganisationKind `json:"kind"`
	Name     string                 `json:"name"`
	Network  string                 `json:"network_code"`
	Postcode string                 `json:"postcode"`
	Patients int                    `json:"list_size"`
	MayRefer bool                   `json:"may_refer"`
}

// Organisations reads all open ones of a kind.
func Organisations(ctx context.Context, as *Client, kind terms.OrganisationKind) (all []Organisation, err error) {
	err = pages(ctx, as, path("register", "/organisations?kind=%s", kind), &all)
	return all, err
}

// pages reads a list to its end.
func pages[T any](ctx context.Context, as *Client, from string, all *[]T) error {
	for next := ""; ; {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next_cursor"`
		}
		sign := "?"
		if strings.Contains(from, "?") {
			sign = "&"
		}
		if _, err := as.Get(ctx, from+sign+"limit=200&cursor="+url.QueryEscape(next), &page); err != nil {
			return err
		}
		*all = append(*all, page.Items...)
		if next = page.Next; next == "" {
			return nil
		}
	}
}

// With finds the first of these people who has the role, and gives them that role alone.
func With(people []authn.Identity, role terms.Role) (authn.Identity, bool) {
	for _, one := range people {
		for _, g := range one.Grants {
			if g.Role == string(role) {
				one.Grants = []authn.Grant{g}
				return one, true
			}
		}
	}
	return authn.Identity{}, false
}

// Discover reads from the platform who is there. who gives the person that acts for an organisation; those without one stay out.
func Discover(ctx context.Context, as *Client, who func(Organisation) (authn.Identity, bool)) (Setting, error) {
	s := Setting{Services: map[terms.Need][]string{}, Office: as.Who()}
	teams := map[string]string{}
	for _, kind := range []terms.OrganisationKind{terms.KindLinkWorkerTeam, terms.KindProvider} {
		all, err := Organisations(ctx, as, kind)
		if err != nil {
			return s, fmt.Errorf("look who is there: %w", err)
		}
		for _, o := range all {
			r := Receiver{ID: o.ID, Name: o.Name, Kind: terms.ReceiverService}
			if kind == terms.KindLinkWorkerTeam {
				r.Kind, teams[o.Network] = terms.ReceiverTeam, o.ID
			}
			var ok bool
			if r.Who, ok = who(o); ok {
				s.Receivers = append(s.Receivers, r)
			}
		}
	}
	practices, err := Organisations(ctx, as, terms.KindPractice)
	if err != nil {
		return s, fmt.Errorf("look who is there: %w", err)
	}
	for _, o := range practices {
		p := Practice{ID: o.ID, Name: o.Name, Patients: o.Patients, Team: teams[o.Network], Postcode: o.Postcode}
		if i := slices.IndexFunc(s.Receivers, func(r Receiver) bool { return r.ID == p.Team }); i < 0 {
			p.Team = "" // nobody there to answer
		}
		var ok bool
		if p.Who, ok = who(o); ok && o.MayRefer {
			s.Practices = append(s.Practices, p)
		}
	}
	slices.SortFunc(s.Practices, func(a, b Practice) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Receivers, func(a, b Receiver) int { return cmp.Compare(a.ID, b.ID) })
	return s, s.discoverServices(ctx, as)
}

// discoverServices reads which services take referrals, and somebody is there to answer.
func (s *Setting) discoverServices(ctx context.Context, as *Client) error {
	var all []struct {
		ID       string              `json:"id"`
		Provider string              `json:"provider_id"`
		Accepts  bool                `json:"accepts_referrals"`
		Status   terms.ServiceStatus `json:"status"`
		Needs    []terms.Need        `json:"needs"`
	}
	if err := pages(ctx, as, path("vcse", "/services"), &all); err != nil {
		return fmt.Errorf("look which services take referrals: %w", err)
	}
	for _, x := range all {
		if !x.Accepts || x.Status != terms.ServiceActive || !slices.ContainsFunc(s.Receivers, func(r Receiver) bool { return r.ID == x.Provider }) {
			continue
		}
		for _, n := range x.Needs {
			s.Services[n] = append(s.Services[n], x.ID)
		}
	}
	for _, ids := range s.Services {
		slices.Sort(ids)
	}
	return nil
}
