package web

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"example.org/waypost/pkg/ui"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/primarycare/internal/app"
	"example.org/waypost/services/primarycare/internal/domain"
)

func (web *Web) serviceCard(d app.DraftPage, s app.FoundService, filter url.Values, now time.Time) offerCard {
	c := offerCard{Name: s.Name, Href: withQuery("/practice/services/"+s.ID, "for", d.ID), By: s.ProviderName, Room: roomOf(s.Capacity, now), What: short(s.Description, 220)}
	if s.Simulated && !strings.Contains(c.By, "(simulated)") {
		c.By += " (simulated)"
	}
	c.Facts = serviceFacts(s, now)
	for _, n := range s.Notes {
		c.Said = append(c.Said, noteWords(n, now))
	}
	x := domain.Receiver{Kind: terms.ReceiverService, ID: s.ID}
	if d.Consent.Stands() && s.TakesReferrals() && !picked(d, x) {
		c.Forms = append(c.Forms, web.chooseForm(d, filter, x, "refer", "Refer here", s.Name, ui.Primary))
	}
	if picked(d, x) {
		c.Facts = append(c.Facts, "You chose this")
	}
	c.Forms = append(c.Forms, ui.LinkButton{Text: "Give information", Hidden: "about " + s.Name, Href: withQuery(taskHref(d.ID, "signpost"), "service", s.ID), Variant: ui.Secondary, Small: true})
	return c
}

func picked(d app.DraftPage, x domain.Receiver) bool {
	for _, r := range d.Receivers {
		if r == x {
			return true
		}
	}
	return false
}

// serviceFacts are what speaks for and against a service, in the order in which one asks.
func serviceFacts(s app.FoundService, now time.Time) []string {
	var out []string
	where := ""
	if s.Nearest != nil {
		where = strings.Trim(strings.Join([]string{s.Nearest.Name, s.Nearest.Postcode}, ", "), ", ")
	}
	if words := strings.Trim(upper(far(s.Km))+": "+where, ": "); words != "" {
		out = append(out, words)
	}
	if s.Next != nil {
		out = append(out, "Next: "+ui.FromTo(s.Next.From, s.Next.To, now))
	} else if len(s.Sessions) == 0 {
		out = append(out, "Times are not known: ring first")
	}
	if ways := delivered(s.Service); ways != "" {
		out = append(out, ways)
	}
	if ages := ageWords(s.Service); ages != "" {
		out = append(out, ages)
	}
	if len(s.Missing) > 0 {
		out = append(out, "Not said to have: "+strings.ToLower(accessibilityWords(s.Missing)))
	}
	if s.Fees != "" {
		out = append(out, "Cost: "+short(s.Fees, 80))
	}
	if !s.TakesReferrals() {
		out = append(out, "Takes no referrals through Waypost: give its details as information")
	}
	return out
}

func delivered(s app.Service) string {
	var ways []string
	for _, d := range s.Delivery {
		if d != terms.DeliveryInPerson {
			ways = append(ways, strings.ToLower(d.Label()))
		}
	}
	if len(ways) == 0 {
		return ""
	}
	return "Can be had " + strings.Join(ways, " or ")
}

func ageWords(s app.Service) string {
	switch {
	case s.MinimumAge != nil && s.MaximumAge != nil:
		return fmt.Sprintf("For ages %d to %d", *s.MinimumAge, *s.MaximumAge)
	case s.MinimumAge != nil && *s.MinimumAge > 0:
		return fmt.Sprintf("From age %d", *s.MinimumAge)
	case s.MaximumAge != nil:
		return fmt.Sprintf("Up to age %d", *s.MaximumAge)
	}
	return ""
}

func noteWords(n app.Note, now time.Time) string {
	words := "“" + short(n.Text, 160) + "” said " + ui.Ago(n.LastSaidAt, now) + " ago"
	if n.OrganisationName != "" {
		words += " by " + n.OrganisationName
	}
	if n.Disputed > 0 {
		words += ", disputed by " + ui.Count(n.Disputed, "person", "people")
	} else if n.Confirmed > 0 {
		words += ", confirmed by " + ui.Count(n.Confirmed, "person", "people")
	}
	return words + "."
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func short(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	cut := string(r[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return cut + "…"
}

func (web *Web) teamCard(d app.DraftPage, t app.Team, filter url.Values, now time.Time) offerCard {
	c := offerCard{Name: t.Name, By: "Link worker team", Room: roomOf(t.Capacity, now), What: short(t.WhatWeDo, 220)}
	why, refuses := t.Refuses(d.Need)
	switch {
	case refuses:
		c.Facts = append(c.Facts, "Does not take this need. "+why)
	case !t.AcceptsReferrals:
		c.Facts = append(c.Facts, "Takes no referrals now")
	case !t.Takes(d.Need):
		c.Facts = append(c.Facts, "Does not say that it takes this need")
	}
	if does := t.Does(); len(does) > 0 {
		c.Facts = append(c.Facts, "Does here: "+needWords(does))
	}
	for _, n := range t.NotHere {
		if n.Need != d.Need {
			c.Facts = append(c.Facts, "Not here: "+strings.TrimSuffix(strings.ToLower(n.Need.Label())+". "+n.Why, ". "))
		}
	}
	if t.Phone != "" {
		c.Facts = append(c.Facts, "Phone: "+t.Phone)
	}
	x := domain.Receiver{Kind: terms.ReceiverTeam, ID: t.ID}
	switch {
	case picked(d, x):
		c.Facts = append(c.Facts, "You chose this")
	case d.Consent.Stands() && t.AcceptsReferrals && !refuses:
		c.Forms = []ui.Component{web.chooseForm(d, filter, x, "refer", "Refer here", t.Name, ui.Primary)}
	}
	return c
}

func needWords(needs []terms.Need) string {
	words := make([]string, len(needs))
	for i, n := range needs {
		words[i] = strings.ToLower(n.Label())
	}
	return strings.Join(words, ", ")
}
