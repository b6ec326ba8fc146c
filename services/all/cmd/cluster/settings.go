package main

import (
	"path/filepath"

	"example.org/waypost/pkg/door"
)

// settingsOf are what the services are told besides where everything is: the area's times, as one deployed is told them, and the mailbox that
// stands in for a mail server here. A file of times that can not be read is said now, before six services end over it again and again.
func settingsOf(getenv func(string) string, public, smtp string) ([]string, error) {
	const clocks, days = "WAYPOST_CLOCKS_FILE", "WAYPOST_DAYS_FILE"
	if _, err := door.ReadTimes(getenv(clocks), getenv(days)); err != nil {
		return nil, err
	}
	out := []string{"WAYPOST_SMTP_URL=" + smtp, "WAYPOST_MAIL_FROM=Waypost <waypost@demonstration.example.org>", "WAYPOST_PUBLIC_URL=" + public}
	for _, name := range []string{clocks, days} {
		if file := getenv(name); file != "" {
			full, err := filepath.Abs(file)
			if err != nil {
				return nil, err
			}
			out = append(out, name+"="+full)
		}
	}
	return out, nil
}
