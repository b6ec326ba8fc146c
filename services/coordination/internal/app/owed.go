package app

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/clock"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// What keeps a case from being closed, and in which words: whoever wants to close it must know whom to ask.

// allDebts is debts with what it needs read first.
func allDebts(ctx context.Context, tx pgx.Tx, caseID string, all []domain.Referral) ([]domain.Debt, error) {
	actions, err := store.OpenActions(ctx, tx, caseID)
	if err != nil {
		return nil, err
	}
	people, err := store.CasePeople(ctx, tx, caseID)
	if err != nil {
		return nil, err
	}
	return debts(ctx, tx, caseID, all, actions, people)
}

// debts lists who owes what on a case with these referrals, open actions and people.
func debts(ctx context.Context, tx pgx.Tx, caseID string, all []domain.Referral, actions []store.Action, people []store.CasePerson) ([]domain.Debt, error) {
	var others []domain.Debt
	for _, x := range actions {
		due, _ := time.ParseInLocation(time.DateOnly, x.DueOn, clock.London)
		others = append(others, domain.Debt{Kind: domain.OwesAction, Owes: domain.Owes{Organisation: x.OwnerOrganisation, Person: x.OwnerPerson}, DueAt: due})
	}
	for _, p := range people {
		if p.State == "offered" {
			others = append(others, domain.Debt{Kind: domain.OwesAnswer, Owes: domain.Owes{Organisation: p.Organisation, Person: p.Person}})
		}
	}
	var flags []string
	err := store.AsMatcher(ctx, tx, func() (err error) {
		flags, err = store.UnseenFlags(ctx, tx, caseID)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, practice := range flags {
		others = append(others, domain.Debt{Kind: domain.OwesFlag, Owes: domain.Owes{Organisation: practice}})
	}
	return domain.Debts(all, others...), nil
}

// debtNames is what the parties of debts are called.
func debtNames(ctx context.Context, tx pgx.Tx, all []domain.Debt) (Names, error) {
	var ids []string
	for _, d := range all {
		ids = append(ids, d.Owes.Organisation, d.Owes.Person)
	}
	return names(ctx, tx, ids)
}

// DebtWords is one debt as a sentence without its full stop: who, what and by when.
func DebtWords(d domain.Debt, n Names) string {
	if d.Hidden {
		return "A step is owed on a referral that is not named here"
	}
	party := n[d.Owes.Organisation]
	switch person := n[d.Owes.Person]; {
	case person != "" && party != "":
		party = person + ", " + party
	case person != "":
		party = person
	case party == "":
		party = partyWords[d.Owes.Party]
	}
	words := party + " owes " + map[domain.DebtKind]string{
		domain.OwesStep: "the next step on a referral", domain.OwesAction: "an action that was agreed at a meeting",
		domain.OwesAnswer: "an answer whether they hold the case", domain.OwesFlag: "somebody who acts on a red flag",
	}[d.Kind]
	if d.Kind == domain.OwesStep {
		words += " (" + strings.ToLower(d.Referral.Need.Label()) + ")"
	}
	if !d.DueAt.IsZero() {
		words += ", by " + d.DueAt.In(clock.London).Format("2 January 2006")
	}
	return words
}

var partyWords = map[domain.Party]string{domain.Sender: "The sender", domain.ReceiverSide: "The receiver", domain.Coordinator: "The area's office", "": "Somebody", domain.Nobody: "Somebody"}

// mostDebts bounds a refusal's words; the case's page lists the rest.
const mostDebts = 5

func owedWords(all []domain.Debt, n Names) string {
	var lines []string
	for i, d := range all {
		if i == mostDebts {
			lines = append(lines, "There is more: see the case")
			break
		}
		lines = append(lines, DebtWords(d, n))
	}
	return "This case can not be closed yet. " + strings.Join(lines, ". ") + "."
}
