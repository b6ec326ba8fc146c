// Package id makes and checks identifiers; every id in Waypost is a UUID held in a string.
package id

import "github.com/google/uuid"

// New returns a UUIDv7: unique, and roughly in the order it was made.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// NewRandom returns a UUIDv4, for refs that must not tell when they were made.
func NewRandom() string { return uuid.NewString() }

// FromName returns the same UUIDv5 for the same space and name, so that an import can be run again.
func FromName(space, name string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://waypost.example.org/"+space+"/"+name)).String()
}

// Valid tells whether s is a UUID in its usual 36-character form, lower case.
func Valid(s string) bool {
	u, err := uuid.Parse(s)
	return err == nil && u.String() == s
}
