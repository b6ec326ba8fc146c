package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const secret = "Jo Bloggs"

func sealedContact(t *testing.T) *Sealed {
	t.Helper()
	s := Seal(Contact{GivenName: "Jo", FamilyName: "Bloggs", DateOfBirth: "1950-02-03"})
	var path string
	err := s.Visit("/contact", ClassContact, func(p, _ string, b Box) error {
		path = p
		b.SetCiphertext("k1", 1, []byte("opaque"))
		return nil
	})
	if err != nil || path != "/contact" {
		t.Fatalf("visit: %v at %q", err, path)
	}
	return s
}

func TestPlaintextCanNotBeWritten(t *testing.T) {
	t.Parallel()
	s := Seal(Narrative{Text: secret})
	for name, v := range map[string]any{
		"pointer": s, "value": *s, "in a struct": struct{ F *Sealed }{s}, "in a list": []Sealed{*s}, "in a map": map[string]Sealed{"f": *s},
	} {
		b, err := json.Marshal(v)
		if !errors.Is(err, ErrNotSealed) || strings.Contains(string(b), "Bloggs") {
			t.Errorf("%s: wrote %s, %v", name, b, err)
		}
	}
}

func TestPlaintextIsNeverPrinted(t *testing.T) {
	t.Parallel()
	s := sealedContact(t)
	in := struct{ F *Sealed }{s}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{s, *s, in, []*Sealed{s}, []Sealed{*s}} {
			out := fmt.Sprintf(verb, v)
			if strings.Contains(out, "Bloggs") || strings.Contains(out, fmt.Sprintf("%x", "Bloggs")) || strings.Contains(out, "66 108 111 103") {
				t.Errorf("%s of %T prints the plaintext", verb, v)
			}
		}
	}
	if got := fmt.Sprint(s, *s); got != "[sealed] [sealed]" {
		t.Errorf("got %q", got)
	}
}

func TestWireForm(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(sealedContact(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"$enc":"k1","v":1,"class":"contact","ct":"b3BhcXVl"}`; string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
	var back Sealed
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	key, version, ct, ok := back.Ciphertext()
	if key != "k1" || version != 1 || string(ct) != "opaque" || !ok || back.Class() != ClassContact {
		t.Errorf("got %q %d %q %v", key, version, ct, ok)
	}
	var c Contact
	if ok, err := back.Into(&c); ok || err != nil {
		t.Errorf("a field that was not opened has nothing to read: %v, %v", ok, err)
	}
	plain, _ := json.Marshal(Contact{GivenName: "Jo", FamilyName: "Bloggs"})
	back.SetPlaintext(plain)
	if ok, err := back.Into(&c); !ok || err != nil || c.Name() != secret {
		t.Errorf("opened field: %v, %v", ok, err)
	}
	if again, err := json.Marshal(back); err != nil || string(again) != string(b) {
		t.Errorf("an opened field is written as it came: %v", err)
	}
}

func TestNilFields(t *testing.T) {
	t.Parallel()
	var s *Sealed
	err := s.Visit("/note", ClassNarrative, func(string, string, Box) error { return errors.New("called") })
	if err != nil {
		t.Error("a nil field is passed over")
	}
	if ok, err := s.Into(&Narrative{}); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if _, ok := s.Plaintext(); ok {
		t.Error("nothing inside")
	}
	if _, _, _, ok := s.Ciphertext(); ok || s.Anew() != nil || s.Class() != "" {
		t.Error("nothing there")
	}
	b, err := json.Marshal(struct {
		A *Sealed `json:"a"`
		B *Sealed `json:"b,omitempty"`
	}{})
	if err != nil || string(b) != `{"a":null}` {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestAnotherClassIsRefused(t *testing.T) {
	t.Parallel()
	s := sealedContact(t)
	err := s.Visit("/note", ClassSafeguarding, func(string, string, Box) error { return nil })
	if !errors.Is(err, ErrBadSealed) {
		t.Errorf("got %v", err)
	}
}

func TestAnewIsToBeSealedAgain(t *testing.T) {
	t.Parallel()
	s := sealedContact(t)
	again := s.Anew()
	if _, _, _, ok := again.Ciphertext(); ok || again.Class() != "" {
		t.Error("the copy must not carry the first event's ciphertext")
	}
	var c Contact
	if ok, err := again.Into(&c); !ok || err != nil || c.Name() != secret {
		t.Errorf("%v, %v", ok, err)
	}
	if _, err := json.Marshal(again); !errors.Is(err, ErrNotSealed) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsDoNotQuote(t *testing.T) {
	t.Parallel()
	s := Seal(map[string]string{"text": secret})
	_, err := s.Into(&struct {
		Text int `json:"text"`
	}{})
	if err == nil || strings.Contains(err.Error(), "Bloggs") {
		t.Errorf("got %v", err)
	}
	bad := Seal(func() {})
	if _, err := bad.Into(&Narrative{}); err == nil {
		t.Error("what can not be encoded must be said")
	}
	if _, err := json.Marshal(bad); err == nil {
		t.Error("what can not be encoded must be said")
	}
}

func TestPlaintextOnTheWireIsRefused(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		`"Jo Bloggs"`, `{"given_name":"Jo Bloggs"}`, `{}`, `[]`, `7`, `true`,
		`{"$enc":"","v":1,"class":"contact","ct":"eA=="}`, `{"$enc":"k","v":0,"class":"contact","ct":"eA=="}`,
		`{"$enc":"k","v":1,"class":"secret","ct":"eA=="}`, `{"$enc":"k","v":1,"class":"contact","ct":""}`,
		`{"$enc":"k","v":1,"class":"contact","ct":"Jo Bloggs"}`,
	} {
		var s Sealed
		if err := s.UnmarshalJSON([]byte(in)); !errors.Is(err, ErrBadSealed) || strings.Contains(err.Error(), "Bloggs") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

// Whatever arrives, decoding neither panics nor lets a plaintext in, and what it takes in it writes back the same.
func FuzzSealed(f *testing.F) {
	f.Add([]byte(`{"$enc":"k1","v":1,"class":"contact","ct":"b3BhcXVl"}`))
	f.Add([]byte(`{"text":"Jo Bloggs"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, in []byte) {
		var s Sealed
		if err := json.Unmarshal(in, &s); err != nil {
			return
		}
		if _, ok := s.Plaintext(); ok {
			t.Fatal("a plaintext came in")
		}
		out, err := json.Marshal(s)
		if err != nil {
			if string(in) == "null" || s.key == "" {
				return // null leaves the field as it was: empty
			}
			t.Fatalf("took %s in and can not write it: %v", in, err)
		}
		var again Sealed
		if err := json.Unmarshal(out, &again); err != nil {
			t.Fatalf("wrote %s and can not read it: %v", out, err)
		}
		if again.key != s.key || again.version != s.version || again.class != s.class || string(again.ct) != string(s.ct) {
			t.Fatalf("%s became %s", in, out)
		}
	})
}
