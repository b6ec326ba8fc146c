package hsds

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

// days are iCalendar's weekdays (RFC 5545 BYDAY).
var days = map[string]terms.Weekday{
	"MO": terms.Monday, "TU": terms.Tuesday, "WE": terms.Wednesday, "TH": terms.Thursday,
	"FR": terms.Friday, "SA": terms.Saturday, "SU": terms.Sunday,
}

// Weekdays reads a BYDAY list: "MO", "MO,WE". An ordinal ("1MO", the first Monday) is no weekly day: weekly is false.
func Weekdays(byday string) (list []terms.Weekday, weekly, ok bool) {
	weekly = true
	for d := range strings.SplitSeq(byday, ",") {
		d = strings.ToUpper(strings.TrimSpace(d))
		if d == "" {
			continue
		}
		bare := strings.TrimLeft(d, "+-0123456789")
		day, known := days[bare]
		if !known {
			return nil, false, false
		}
		weekly = weekly && bare == d
		list = append(list, day)
	}
	return list, weekly, true
}

// TimeOfDay reads "9:30", "09:30", "09:30:00", with or without a zone, and writes 09:30. A service's times are local
// ones: an offset is dropped, not reckoned with.
func TimeOfDay(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	s = strings.TrimSuffix(s, "Z")
	if i := strings.IndexAny(s, "+-"); i > 0 {
		s = s[:i]
	}
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return "", false
	}
	var n [3]int
	for i, p := range parts {
		if i == 2 {
			p, _, _ = strings.Cut(p, ".")
		}
		if len(p) < 1 || len(p) > 2 || strings.Trim(p, "0123456789") != "" {
			return "", false
		}
		for _, c := range p {
			n[i] = n[i]*10 + int(c-'0')
		}
	}
	if n[0] == 24 && n[1] == 0 {
		return "23:59", true
	}
	if n[0] > 23 || n[1] > 59 || n[2] > 59 {
		return "", false
	}
	return fmt.Sprintf("%02d:%02d", n[0], n[1]), true
}

// session makes one weekly session. Times that can not be meant (an hour that ends as it begins, three minutes after
// midnight) are left out: the day stays, and nobody is sent at the wrong hour.
func session(day terms.Weekday, from, to string, place *int) domain.Session {
	s := domain.Session{Weekday: day, From: from, To: to, Place: place}
	switch {
	case from == "":
		s.To = ""
	case from == to:
		s.To = ""
	case to > from && minutes(to)-minutes(from) < 10:
		s.From, s.To = "", ""
	}
	return s
}

// minutes since midnight of a time that TimeOfDay wrote.
func minutes(t string) int {
	return (int(t[0]-'0')*10+int(t[1]-'0'))*60 + int(t[3]-'0')*10 + int(t[4]-'0')
}

// schedule is a schedule of HSDS: when something happens, after iCalendar.
type schedule struct {
	Freq        string `json:"freq"`
	Interval    int    `json:"interval"`
	ByDay       string `json:"byday"`
	OpensAt     string `json:"opens_at"`
	ClosesAt    string `json:"closes_at"`
	ValidTo     string `json:"valid_to"`
	Until       string `json:"until"`
	Description string `json:"description"`
}

// ended tells whether the schedule was over before today (yyyy-mm-dd; "" asks nothing).
func (c schedule) ended(today string) bool {
	for _, last := range []string{c.ValidTo, c.Until} {
		if len(last) >= 10 && today != "" && last[:10] < today {
			return true
		}
	}
	return false
}

// schedules turns schedules into sessions, and into words what does not come back every week. at is the place they
// belong to, nil when it is not told.
func (d *draft) schedules(list []schedule, at *int, path string) error {
	for _, c := range list {
		if c.ended(d.today) {
			continue
		}
		byday, weekly, ok := Weekdays(c.ByDay)
		if !ok {
			return d.refuse(path+".byday", "it is not a list of weekdays such as MO,WE")
		}
		from, ok := TimeOfDay(c.OpensAt)
		if !ok {
			return d.refuse(path+".opens_at", "it is not a time such as 09:30")
		}
		to, ok := TimeOfDay(c.ClosesAt)
		if !ok {
			return d.refuse(path+".closes_at", "it is not a time such as 09:30")
		}
		switch freq := strings.ToUpper(strings.TrimSpace(c.Freq)); {
		case freq == "DAILY" && c.Interval <= 1 && len(byday) == 0:
			byday, weekly = slices.Sorted(maps.Values(days)), true
		case freq != "" && freq != "WEEKLY" && freq != "DAILY" && freq != "MONTHLY" && freq != "YEARLY":
			return d.refuse(path+".freq", "it is not WEEKLY, MONTHLY, DAILY or YEARLY")
		case freq == "MONTHLY", freq == "YEARLY", c.Interval > 1:
			weekly = false
		}
		if note := Line(c.Description); note != "" {
			d.opening = append(d.opening, note)
		}
		if !weekly {
			d.opening = append(d.opening, inWords(c, from, to))
			continue
		}
		for _, day := range byday {
			d.Sessions = append(d.Sessions, session(day, from, to, at))
		}
	}
	return nil
}

// inWords says what does not come back every week: "Every 2 weeks on Monday, 10:00 to 12:00".
func inWords(c schedule, from, to string) string {
	var on []string
	for d := range strings.SplitSeq(c.ByDay, ",") {
		d = strings.ToUpper(strings.TrimSpace(d))
		if bare := strings.TrimLeft(d, "+-0123456789"); bare != "" {
			on = append(on, strings.TrimSpace(ordinals[strings.TrimSuffix(d, bare)]+" "+days[bare].Label()))
		}
	}
	unit := map[string]string{"DAILY": "day", "MONTHLY": "month", "YEARLY": "year"}[strings.ToUpper(strings.TrimSpace(c.Freq))]
	if unit == "" {
		unit = "week"
	}
	words := "Every " + unit
	if c.Interval > 1 {
		words = fmt.Sprintf("Every %d %ss", c.Interval, unit)
	}
	if len(on) > 0 {
		words += " on " + strings.Join(on, " and ")
	}
	switch {
	case from != "" && to != "":
		words += ", " + from + " to " + to
	case from != "":
		words += ", from " + from
	}
	return words
}

var ordinals = map[string]string{
	"1": "the first", "2": "the second", "3": "the third", "4": "the fourth", "5": "the fifth", "-1": "the last",
	"+1": "the first", "+2": "the second", "+3": "the third", "+4": "the fourth", "+5": "the fifth",
}
