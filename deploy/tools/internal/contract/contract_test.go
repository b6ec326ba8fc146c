package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/eventtest"
	"example.org/waypost/schemas"
	"example.org/waypost/schemas/facts"
	"example.org/waypost/schemas/linkworker"
	"example.org/waypost/schemas/mdt"
	"example.org/waypost/schemas/primarycare"
	"example.org/waypost/schemas/vcse"
)

// What several speakers say in the same shape converts from one Go type to the other: a reaction needs one body. This
// stops compiling when the types part.
var (
	_ = primarycare.ReferralRequestedV1(linkworker.ReferralRequestedV1(mdt.ReferralRequestedV1{}))
	_ = primarycare.ReferralWithdrawnV1(linkworker.ReferralWithdrawnV1(mdt.ReferralWithdrawnV1{}))
	_ = primarycare.InformationGivenV1(linkworker.InformationGivenV1(mdt.InformationGivenV1{}))
	_ = linkworker.CapacityReportedV1(vcse.CapacityReportedV1{})
	_ = linkworker.OfferAcceptedV1(vcse.OfferAcceptedV1{})
	_ = linkworker.OfferBouncedV1(vcse.OfferBouncedV1{})
	_ = linkworker.InformationAskedV1(vcse.InformationAskedV1{})
	_ = linkworker.SupportEndedV1(vcse.SupportEndedV1{})
)

// said is the map of design.md, by hand: who says what. pathway_counted, role_scope_set,
// notice_recorded, provider_phoned, overlap_stopped and action_reassigned came after it: deploy/decisions/bounces.md, roles.md, notices.md, overlaps.md and
// clocks.md.
var said = map[string]string{
	"primarycare":  "patient_details_changed red_flag_raised red_flag_acknowledged patient_signposted signpost_followed_up referral_requested referral_withdrawn overlap_stopped information_given",
	"linkworker":   "team_offer_published capacity_reported offer_accepted offer_bounced information_asked information_given crisis_reported contact_recorded plan_agreed outcome_recorded support_ended referral_requested referral_withdrawn overlap_stopped",
	"vcse":         "service_published service_withdrawn capacity_reported place_reserved place_released offer_accepted offer_waitlisted offer_bounced information_asked attendance_recorded support_ended note_added notice_recorded",
	"mdt":          "case_requested meeting_scheduled case_discussed case_holder_offered case_holder_accepted case_holder_released key_worker_assigned key_worker_released action_agreed action_reassigned action_done referral_requested referral_withdrawn overlap_stopped information_given",
	"coordination": "case_opened case_reopened case_closed referral_held referral_joined referral_confirmed referral_offered offer_withdrawn offer_expired offer_answer_refused referral_progressed referral_escalated referral_closed contact_preferences_changed consent_given consent_withdrawn patient_merged patient_merge_undone patient_erased pathway_counted provider_phoned",
	"register":     "organisation_registered organisation_closed person_role_granted person_role_ended competency_recorded competency_expired role_scope_set",
}

func TestEverySpeakerSaysWhatTheDesignSays(t *testing.T) {
	t.Parallel()
	for speaker, names := range said {
		want := append(strings.Fields(names), "removal_acknowledged")
		var got []string
		for _, f := range schemas.All {
			if f.Speaker == speaker {
				got = append(got, f.Name)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s says\n%v, the design says\n%v", speaker, got, want)
		}
	}
}

func TestGeneratedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	files, err := Make(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		have, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what the schemas say: run `go run ./cmd/gen` in deploy/tools", name)
		}
	}
	stale, err := filepath.Glob(filepath.Join(root, "*", "*.gen.go"))
	if err != nil || len(stale) == 0 {
		t.Fatalf("no generated files found: %v", err)
	}
	for _, f := range stale {
		rel, _ := filepath.Rel(root, f)
		if _, ok := files[filepath.ToSlash(rel)]; !ok {
			t.Errorf("%s is generated from nothing", rel)
		}
	}
}

// Every schema compiles, formats asserted; every Go type takes in all that its schema allows and writes it back the same,
// with every property and with the required ones alone.
func TestEveryTypeRoundTrips(t *testing.T) {
	t.Parallel()
	for _, f := range schemas.All {
		for _, full := range []bool{true, false} {
			want, err := json.Marshal(examples{t, full}.of(f.Schema))
			if err != nil {
				t.Fatal(err)
			}
			eventtest.Check(t, schemas.FS, f.Type, want)
			payload, ok := facts.New(f.Type)
			if !ok {
				t.Fatalf("no Go type for %s", f.Type)
			}
			if err := json.Unmarshal(want, payload); err != nil {
				t.Errorf("%s: %v", f.Type, err)
				continue
			}
			got, err := json.Marshal(payload)
			if err != nil {
				t.Errorf("%s: %v", f.Type, err)
				continue
			}
			eventtest.Check(t, schemas.FS, f.Type, got)
			if !sameJSON(t, want, got) {
				t.Errorf("%s, full %v: took\n%s\nwrote\n%s", f.Type, full, want, got)
			}
			p := payload.(event.Payload)
			if p.EventType() != f.Type {
				t.Errorf("%s calls itself %s", f.Type, p.EventType())
			}
			if about := payload.(interface{ About() string }).About(); about != "0193a2c0-0000-7000-8000-00000000000a" {
				t.Errorf("%s is about %q", f.Type, about)
			}
		}
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// EachSealed visits exactly the fields that the schema seals, under their classes, and an event with one that was not
// sealed can not be written.
func TestSealedFieldsAreVisitedAndGuarded(t *testing.T) {
	t.Parallel()
	for _, f := range schemas.All {
		payload, _ := facts.New(f.Type)
		if err := json.Unmarshal(mustJSON(t, examples{t, true}.of(f.Schema)), payload); err != nil {
			t.Fatal(err)
		}
		var got []schemas.SealedField
		err := payload.(event.Payload).EachSealed(func(p, class string, b event.Box) error {
			got = append(got, schemas.SealedField{Path: p, Class: class})
			if _, _, _, ok := b.Ciphertext(); !ok {
				t.Errorf("%s%s lost its ciphertext", f.Type, p)
			}
			return nil
		})
		if err != nil || !slices.Equal(got, f.Sealed) {
			t.Errorf("%s visits %v, %v; want %v", f.Type, got, err, f.Sealed)
		}
		guardEach(t, f, payload)
	}
}

func guardEach(t *testing.T, f schemas.Fact, payload any) {
	t.Helper()
	v := reflect.ValueOf(payload).Elem()
	for i := range v.NumField() {
		field, ok := v.Field(i).Interface().(*schemas.Sealed)
		if !ok {
			continue
		}
		v.Field(i).Set(reflect.ValueOf(schemas.Seal(schemas.Narrative{Text: "Jo Bloggs"})))
		out, err := json.Marshal(payload)
		if !errors.Is(err, schemas.ErrNotSealed) || bytes.Contains(out, []byte("Bloggs")) {
			t.Errorf("%s: a plaintext in %s was written: %v", f.Type, v.Type().Field(i).Name, err)
		}
		v.Field(i).Set(reflect.ValueOf(field))
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A name, a date of birth or free text in the open would be personal data on the bus. Whatever is about a patient has ids,
// codes, times, counts and sealed fields; the few free texts are listed here, each with its reason.
func TestNothingAboutAPatientIsReadable(t *testing.T) {
	t.Parallel()
	allowed := map[string]string{
		"criterion":         "the receiver's criterion, chosen from its own published list",
		"because":           "an enumeration",
		"why":               "an enumeration",
		"reference":         "random",
		"reason":            "a code",
		"available_actions": "codes",
	}
	c, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Speakers {
		for _, f := range s.Facts {
			if !f.Patient {
				continue
			}
			for _, field := range f.Object.Fields {
				id := strings.HasSuffix(field.Name, "ID") || strings.HasSuffix(field.Name, "IDs") || strings.HasSuffix(field.JSON, "_ref")
				person := slices.Contains([]string{"by", "present", "apologies", "by_event", "because_event", "handed_to"}, field.JSON) || strings.HasSuffix(field.JSON, "_by")
				day := strings.HasSuffix(field.JSON, "_on")
				if strings.HasSuffix(field.Type, "string") && !id && !person && !day && allowed[field.JSON] == "" {
					t.Errorf("%s has %q in the open", f.Type(), field.JSON)
				}
			}
		}
	}
}

func TestPlaintextsAreWhatTheirDefinitionsSay(t *testing.T) {
	t.Parallel()
	c, err := eventtest.Of(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	for def, into := range map[string]any{
		"contact": &schemas.Contact{}, "narrative": &schemas.Narrative{}, "message": &schemas.Message{},
		"safeguarding": &schemas.Safeguarding{}, "sensitive_signpost": &schemas.SensitiveSignpost{},
		"sensitive_referral": &schemas.SensitiveReferral{}, "scores": &schemas.Scores{}, "plan": &schemas.Plan{},
	} {
		x := examples{t, true}
		want := mustJSON(t, x.value("sealed.json", x.read("sealed.json").get("$defs").get(def)))
		if err := json.Unmarshal(want, into); err != nil {
			t.Fatal(err)
		}
		got := mustJSON(t, into)
		if !sameJSON(t, want, got) {
			t.Errorf("%s: took\n%s\nwrote\n%s", def, want, got)
		}
		if err := c.ValidateFile("sealed.json#/$defs/"+def, got); err != nil {
			t.Error(err)
		}
	}
}

func TestAPlaintextWhereASealedFieldBelongsIsInvalid(t *testing.T) {
	t.Parallel()
	c, err := eventtest.Of(schemas.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range schemas.All {
		for _, s := range f.Sealed {
			data := examples{t, true}.of(f.Schema).(map[string]any)
			name := strings.TrimPrefix(s.Path, "/")
			for _, wrong := range []any{
				"Jo Bloggs",
				map[string]any{"given_name": "Jo"},
				nil,
				map[string]any{"$enc": "k", "v": 1, "class": "another", "ct": "b3BhcXVl"},
				map[string]any{"$enc": "k", "v": 1, "class": s.Class, "ct": "Jo Bloggs"},
				map[string]any{"$enc": "k", "v": 1, "class": otherClass(s.Class), "ct": "b3BhcXVl"},
			} {
				data[name] = wrong
				if err := c.Validate(f.Type, mustJSON(t, data)); err == nil {
					t.Errorf("%s takes %v in %s", f.Type, wrong, name)
				}
			}
		}
	}
}

func otherClass(class string) string {
	if class == schemas.ClassContact {
		return schemas.ClassNarrative
	}
	return schemas.ClassContact
}
