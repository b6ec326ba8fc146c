// Package badday kills what Waypost runs on while people work, and has the checker look at what is left. It is tests only.
package badday
