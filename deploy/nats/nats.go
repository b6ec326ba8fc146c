// Package nats is the settings of the brokers as they are deployed, and who may say and hear what.
package nats

import (
	"embed"
	"strings"
)

//go:generate go run ./generate users.conf

// Files are the settings: one.conf or three.conf, and what these include.
//
//go:embed *.conf
var Files embed.FS

// Bootstrapper is the one user who may make streams and consumers.
const Bootstrapper = "bootstrap"

// KeyOf is the variable of the environment in which a broker finds the public half of a user's key.
func KeyOf(user string) string { return "WAYPOST_NKEY_" + strings.ToUpper(user) }
