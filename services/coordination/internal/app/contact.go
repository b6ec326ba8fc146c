package app

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"time"

	"example.org/waypost/schemas"
	"example.org/waypost/schemas/coordination"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/coordination/internal/domain"
	"example.org/waypost/services/coordination/internal/store"
)

// takeContact makes the newest of what is said of a person the one we keep. An NHS number that was known is not lost to a sender who does not have
// it; no way to contact them is opened by one who had not heard that it is not safe; and a note that its sender is not shown is not taken away by
// what they are shown instead. again tells that the ways must be told by themselves.
func takeContact(p domain.Patient, c schemas.Contact, said domain.Word, now time.Time) (_ domain.Patient, again bool) {
	older, note := said.At.Before(p.ContactAt), terms.OwnNote(c.SafeNote)
	if note != c.SafeNote {
		note = terms.BothNotes(p.SafeNote, note)
	}
	p, again = p.Reached(domain.Patient{
		SafePhone: c.SafeWays.Phone, SafeText: c.SafeWays.Text, SafeEmail: c.SafeWays.Email, SafeLetter: c.SafeWays.Letter, SafeNote: note,
	}, said, now)
	if older {
		return p, again
	}
	if c.NHSNumber == "" {
		c.NHSNumber = p.NHSNumber
	}
	p.ContactAt, p.GivenName, p.FamilyName, p.DateOfBirth, p.NHSNumber = said.At, c.GivenName, c.FamilyName, c.DateOfBirth, c.NHSNumber
	p.Sex, p.Phone, p.Email, p.AddressLines, p.Postcode = c.Sex, c.Phone, c.Email, c.AddressLines, c.Postcode
	p.Language, p.InterpreterNeeded, p.Accessibility = c.Language, c.InterpreterNeeded, c.Accessibility
	p.NextOfKin = c.NextOfKin
	return p, again
}

// leftOut adds what a request does not say and we know: a hospital that has no phone number, or a meeting that never asked for somebody's
// language, does not take the number or the interpreter away from everybody. By which ways it is safe, a request always says. A practice that
// clears something says so with the details it changes.
func leftOut(c schemas.Contact, known domain.Patient) schemas.Contact {
	c.Sex, c.Phone, c.Email = cmp.Or(c.Sex, known.Sex), cmp.Or(c.Phone, known.Phone), cmp.Or(c.Email, known.Email)
	c.NextOfKin = cmp.Or(c.NextOfKin, known.NextOfKin)
	if terms.OwnNote(c.SafeNote) == "" {
		c.SafeNote = known.SafeNote
	}
	if len(c.AddressLines) == 0 && c.Postcode == "" {
		c.AddressLines, c.Postcode = known.AddressLines, known.Postcode
	}
	if c.Language == "" && !c.InterpreterNeeded {
		c.Language, c.InterpreterNeeded = known.Language, known.InterpreterNeeded
	}
	if len(c.Accessibility) == 0 {
		c.Accessibility = known.Accessibility
	}
	return c
}

func contactOf(p domain.Patient) schemas.Contact {
	return schemas.Contact{
		GivenName: p.GivenName, FamilyName: p.FamilyName, DateOfBirth: p.DateOfBirth, NHSNumber: p.NHSNumber, Sex: p.Sex, Phone: p.Phone,
		Email: p.Email, AddressLines: p.AddressLines, Postcode: p.Postcode, Language: p.Language, InterpreterNeeded: p.InterpreterNeeded,
		Accessibility: p.Accessibility, SafeWays: schemas.SafeWays{Phone: p.SafePhone, Text: p.SafeText, Email: p.SafeEmail, Letter: p.SafeLetter},
		SafeNote: p.SafeNote, NextOfKin: p.NextOfKin,
	}
}

// sayReach tells everybody who helps how the person may be reached now, when that has changed: what is no longer safe must stop with
// those who were told before. What a provider does not get is not in it; who knows more keeps it. again has the ways said by themselves first.
func (w *work) sayReach(ctx context.Context, was domain.Patient, again bool) error {
	is := *w.record()
	if again {
		if err := w.sayWays(ctx); err != nil {
			return err
		}
	} else if len(w.others) > 0 {
		if err := w.saySafeWays(ctx, was); err != nil {
			return err
		}
	}
	if w.c.ID == "" || sameContact(contactFor(was, terms.ReceiverService), contactFor(is, terms.ReceiverService)) {
		return nil
	}
	return w.sayContact(ctx)
}

// sayContact tells how the person may be reached.
func (w *work) sayContact(ctx context.Context) error {
	is := *w.record()
	if is.ContactAt.IsZero() {
		return nil
	}
	if all, err := w.allKnow(ctx, is.Ref); err != nil || !all {
		return err
	}
	return w.say(ctx, &coordination.ContactPreferencesChangedV1{
		PatientRef: w.patient.Ref, Contact: schemas.Seal(contactFor(is, terms.ReceiverService)), At: is.ContactAt, AsOf: w.asOf(),
	})
}

// saySafeWays tells, of a person with several records, by which ways not to contact them, when that has changed or when whoever describes
// them now does not know it.
func (w *work) saySafeWays(ctx context.Context, was domain.Patient) error {
	is := *w.record()
	if reachOf(was) == reachOf(is) && !limited(is) {
		return nil
	}
	return w.sayWays(ctx)
}

// sayWays tells everybody who may contact the person by which ways not to: also those who may not see the record that says so. It says
// nothing of whose record that is. A reader may be behind with what was said under one ref and not under another, so it is said under
// each: whichever comes last says what holds now.
func (w *work) sayWays(ctx context.Context) error {
	records := append([]domain.Patient{w.patient}, w.others...)
	i := slices.IndexFunc(records, domain.Patient.Described)
	if i < 0 {
		return nil
	}
	for _, ref := range w.refs() {
		p := &coordination.ContactPreferencesChangedV1{PatientRef: ref, Reach: schemas.Seal(reachOf(records[i])), At: w.now, AsOf: w.asOf()}
		if _, err := w.app.Outbox.Append(ctx, w.tx, ref, p, nil); err != nil {
			return err
		}
	}
	return nil
}

// asOf is as of when the ways are that we tell: the version, by our clock, of the newest of the person's records.
func (w *work) asOf() *time.Time { return orNil(w.newest().WaysAt) }

// newest is the record whose safe ways became what they are last.
func (w *work) newest() domain.Patient {
	newest := w.patient
	for _, o := range w.others {
		if o.WaysAt.After(newest.WaysAt) {
			newest = o
		}
	}
	return newest
}

func reachOf(p domain.Patient) schemas.Reach {
	p = p.Careful()
	notes := max(p.Notes, terms.Notes(p.SafeNote))
	return schemas.Reach{SafeWays: schemas.SafeWays{Phone: p.SafePhone, Text: p.SafeText, Email: p.SafeEmail, Letter: p.SafeLetter}, Notes: notes}
}

// limited tells whether another record says more than this one of how to contact the person safely.
func limited(p domain.Patient) bool { return len(p.Unsafe) > 0 || p.Careful().SafeNote != p.SafeNote }

func (w *work) anyLimited() bool { return limited(w.patient) || slices.ContainsFunc(w.others, limited) }

// joinReach works out anew what the records of the person forbid together.
func (w *work) joinReach() {
	records := []*domain.Patient{&w.patient}
	for i := range w.others {
		records = append(records, &w.others[i])
	}
	domain.JoinReach(records...)
}

// sameContact tells whether two say the same. What the database gives back is empty where what was heard is nil.
func sameContact(a, b schemas.Contact) bool {
	lists := slices.Equal(a.AddressLines, b.AddressLines) && slices.Equal(a.Accessibility, b.Accessibility)
	a.AddressLines, b.AddressLines, a.Accessibility, b.Accessibility = nil, nil, nil, nil
	return lists && reflect.DeepEqual(a, b)
}

// allKnow tells whether everybody on the case may see what is said under one of the person's refs. Where records were made one, some
// may not: they are not told, because nobody learns by a merge what the person did not agree to.
func (w *work) allKnow(ctx context.Context, ref string) (bool, error) {
	if len(w.others) == 0 {
		return true, nil
	}
	if w.c.ID == "" {
		return false, nil
	}
	all, err := store.KnowsOf(ctx, w.tx, w.c.ID)
	if err != nil {
		return false, err
	}
	for _, k := range all {
		if !slices.Contains(k.Refs, ref) && !slices.Contains(k.Shared, ref) {
			return false, nil
		}
	}
	return true, nil
}
