// Package demo plays invented people using Waypost: live, slowly, beside somebody who looks, or a whole week at speed.
// It has no door of its own: it signs in and asks the public APIs, as any program would.
package demo
