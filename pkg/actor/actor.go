// Package actor says who acts: a person in a role at an organisation, or one of the machines.
package actor

import "context"

// Person is somebody who signed in, known by issuer and subject.
type Person struct {
	ID      string
	Issuer  string
	Subject string
	Name    string
}

// Actor is who a command is done by. A machine actor has Machine set and no person.
type Actor struct {
	Person           Person
	Machine          string
	Role             string
	Organisation     string
	OrganisationKind string
	OrganisationName string
	Competency       []string
	Purpose          string
	Assurance        int    // 1 to 3, how surely the person was recognised
	BreakGlass       string // the grant's id, or ""
}

// The machine actors: each has its own database role and named policies, none bypasses row-level security.
const (
	Relay      = "relay"
	Inbox      = "inbox"
	Clock      = "clock"
	Importer   = "importer"
	Reconciler = "reconciler"
	Matcher    = "matcher"
	Sealer     = "sealer"
)

// Machines lists every machine actor, for migrations and tests.
var Machines = []string{Relay, Inbox, Clock, Importer, Reconciler, Matcher, Sealer}

// Machine is the actor of a program that acts for no person.
func Machine(name string) Actor { return Actor{Machine: name, Purpose: "operation"} }

// IsPerson tells whether somebody acts.
func (a Actor) IsPerson() bool { return a.Machine == "" && a.Person.ID != "" }

type key struct{}

// Into puts the actor into ctx.
func Into(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From takes the actor out of ctx; ok is false when nobody is there.
func From(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(key{}).(Actor)
	return a, ok
}
