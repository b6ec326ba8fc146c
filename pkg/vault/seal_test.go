//go:build unix

package vault_test

import (
	"bytes"
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.org/waypost/pkg/event"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/pkg/vault/vaulttest"
)

// box is a sealed field as small as can be.
type box struct {
	plain, ct []byte
	open      bool
	key       string
	version   int
}

func says(s string) *box                               { return &box{plain: []byte(s), open: true} }
func (b *box) Plaintext() ([]byte, bool)               { return b.plain, b.open }
func (b *box) SetPlaintext(p []byte)                   { b.plain, b.open = p, true }
func (b *box) SetCiphertext(k string, v int, c []byte) { b.key, b.version, b.ct = k, v, c }
func (b *box) Ciphertext() (string, int, []byte, bool) {
	return b.key, b.version, b.ct, b.key != ""
}

// note is a payload with one field of each class.
type note struct {
	Type                     string
	Name, Story, Risk, Reply *box
}

func (n *note) EventType() string {
	if n.Type != "" {
		return n.Type
	}
	return "waypost.primarycare.referral_requested.v1"
}

func (n *note) EachSealed(fn func(path, class string, b event.Box) error) error {
	for _, f := range []struct {
		path, class string
		b           *box
	}{{"/name", vault.Contact, n.Name}, {"/story", vault.Narrative, n.Story}, {"/risk", vault.Safeguarding, n.Risk}, {"/reply", vault.Message, n.Reply}} {
		if f.b == nil {
			continue
		}
		if err := fn(f.path, f.class, f.b); err != nil {
			return err
		}
	}
	return nil
}

// sent is the note as a reader gets it: ciphertexts alone, in memory of their own.
func (n *note) sent() *note {
	wire := func(b *box) *box {
		if b == nil {
			return nil
		}
		return &box{ct: bytes.Clone(b.ct), key: b.key, version: b.version}
	}
	return &note{Type: n.Type, Name: wire(n.Name), Story: wire(n.Story), Risk: wire(n.Risk), Reply: wire(n.Reply)}
}

func (n *note) texts() []string {
	var out []string
	for _, b := range []*box{n.Name, n.Story, n.Risk, n.Reply} {
		text := ""
		if b != nil && b.open {
			text = string(b.plain)
		}
		out = append(out, text)
	}
	return out
}

// TestASealedFieldOpensNowhereElse cuts and pastes.
func TestASealedFieldOpensNowhereElse(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v := w.Open(t, "primarycare")
	refs := newRefs(t, v, 2)
	a, b := refs[0], refs[1]
	keys, err := v.Keys(t.Context(), refs, all...)
	require.NoError(t, err)
	first, second := id.New(), id.New()
	p, q := &note{Name: says("Ada"), Story: says("fell")}, &note{Name: says("Grace"), Story: says("debt")}
	require.NoError(t, keys.SealPayload(a, first, p))
	require.NoError(t, keys.SealPayload(b, second, q))
	require.NotContains(t, string(p.Name.ct), "Ada")

	require.NoError(t, keys.OpenPayload(a, first, p.sent()))
	for name, try := range map[string]func() error{
		"another event":   func() error { return keys.OpenPayload(a, second, p.sent()) },
		"another patient": func() error { return keys.OpenPayload(b, first, p.sent()) },
		"another type": func() error {
			got := p.sent()
			got.Type = "waypost.primarycare.information_given.v1"
			return keys.OpenPayload(a, first, got)
		},
		"another field of the same class": func() error {
			return keys.OpenPayload(a, first, &swapped{p.sent()})
		},
		"another class": func() error {
			got := p.sent()
			got.Name, got.Story = nil, got.Name
			return keys.OpenPayload(a, first, got)
		},
		"another patient with the key's name changed": func() error {
			got := p.sent()
			got.Name.key = q.Name.key
			got.Story = nil
			return keys.OpenPayload(b, first, got)
		},
		"one bit": func() error {
			got := p.sent()
			got.Name.ct[len(got.Name.ct)-1] ^= 1
			return keys.OpenPayload(a, first, got)
		},
		"nothing left": func() error {
			got := p.sent()
			got.Name.ct = nil
			return keys.OpenPayload(a, first, got)
		},
		"another form": func() error {
			got := p.sent()
			got.Name.version = 2
			return keys.OpenPayload(a, first, got)
		},
		"passed on closed": func() error { return keys.SealPayload(a, second, p.sent()) },
	} {
		err := try()
		require.ErrorIs(t, err, vault.ErrAltered, name)
		require.NotContains(t, err.Error(), "Ada")
		require.NotContains(t, err.Error(), "Grace")
	}
}

// swapped says that its name stands elsewhere.
type swapped struct{ *note }

func (s *swapped) EachSealed(fn func(path, class string, b event.Box) error) error {
	return fn("/carer", vault.Contact, s.Name)
}

func TestSealAgainAndPassOn(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v, c := w.Open(t, "primarycare"), w.Open(t, "coordination")
	ref := newRefs(t, v, 1)[0]
	keys, err := v.Keys(t.Context(), []string{ref}, all...)
	require.NoError(t, err)
	p, e := &note{Name: says("Ada")}, id.New()
	require.NoError(t, keys.SealPayload(ref, e, p))
	before := bytes.Clone(p.Name.ct)
	require.NoError(t, keys.SealPayload(ref, e, p), "an append that is tried again")
	require.NotEqual(t, before, p.Name.ct, "no nonce twice")
	closed := p.sent()
	require.NoError(t, keys.SealPayload(ref, e, closed), "sealed for this very event")

	theirs, err := c.Keys(t.Context(), []string{ref}, all...)
	require.NoError(t, err)
	heard := p.sent()
	require.NoError(t, theirs.OpenPayload(ref, e, heard))
	onward := &note{Type: "waypost.coordination.referral_offered.v1", Name: heard.Name}
	next := id.New()
	require.NoError(t, theirs.SealPayload(ref, next, onward))
	got := onward.sent()
	require.NoError(t, keys.OpenPayload(ref, next, got))
	require.Equal(t, "Ada", got.texts()[0])

	var none *vault.Keys
	require.NoError(t, none.SealPayload(ref, e, &note{}), "nothing to seal needs no key")
	require.NoError(t, none.OpenPayload(ref, e, p.sent()), "no key opens nothing")
	require.ErrorIs(t, none.SealPayload(ref, e, &note{Name: says("Ada")}), vault.ErrNoKey)
}

func TestWhateverIsSealedComesBack(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v := w.Open(t, "mdt")
	refs := newRefs(t, v, 3)
	keys, err := v.Keys(t.Context(), refs, all...)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		ref, e := rapid.SampledFrom(refs).Draw(t, "ref"), id.New()
		text := rapid.String().Draw(t, "text")
		p := &note{Name: says(text), Story: says(text)}
		require.NoError(t, keys.SealPayload(ref, e, p))
		got := p.sent()
		require.NoError(t, keys.OpenPayload(ref, e, got))
		require.Equal(t, []string{text, text, "", ""}, got.texts())
		if at := rapid.IntRange(0, len(got.Name.ct)-1).Draw(t, "at"); true {
			bad := p.sent()
			bad.Name.ct[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
			require.ErrorIs(t, keys.OpenPayload(ref, e, bad), vault.ErrAltered)
		}
	})
}

// TestAWrappedKeysetBelongsToItsRow moves rows about in the vault, as somebody with the database and no key file would.
func TestAWrappedKeysetBelongsToItsRow(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	v := w.Open(t, "primarycare")
	refs := newRefs(t, v, 3)
	keys, err := v.Keys(t.Context(), refs, all...)
	require.NoError(t, err)
	e := id.New()
	sealed := make([]*note, len(refs))
	for i, ref := range refs {
		sealed[i] = &note{Name: says("Ada"), Story: says("fell")}
		require.NoError(t, keys.SealPayload(ref, e, sealed[i]))
	}
	_, err = admin(t, w).Exec(t.Context(), `update vault.keyset k set wrapped = o.wrapped, key_id = o.key_id
		from vault.keyset o where k.ref = $1 and k.class = 'contact' and o.ref = $2 and o.class = 'contact'`, refs[0], refs[1])
	require.NoError(t, err)
	_, err = admin(t, w).Exec(t.Context(), `update vault.keyset set version = 2 where ref = $1 and class = 'contact'`, refs[1])
	require.NoError(t, err)

	keys, err = w.Open(t, "primarycare").Keys(t.Context(), refs, all...)
	require.NoError(t, err, "one damaged patient does not stop a batch")
	require.ErrorIs(t, keys.OpenPayload(refs[0], e, sealed[0].sent()), vault.ErrWrapped)
	require.ErrorIs(t, keys.SealPayload(refs[1], e, &note{Name: says("Ada")}), vault.ErrWrapped)
	require.NoError(t, keys.OpenPayload(refs[2], e, sealed[2].sent()))

	_, err = admin(t, w).Exec(t.Context(), `delete from vault.keyset where ref = $1`, refs[2])
	require.NoError(t, err)
	keys, err = w.Open(t, "mdt").KeysToOpen(t.Context(), refs, all...)
	require.NoError(t, err)
	require.ErrorIs(t, keys.OpenPayload(refs[2], e, sealed[2].sent()), vault.ErrNoKey, "a lost key is not taken for somebody else's")
}

func TestTheCacheForgets(t *testing.T) {
	t.Parallel()
	w := vaulttest.New(t)
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	open := func(c vault.Config) *vault.Vault {
		c.URL, c.Service, c.KeyFile, c.Now = w.URL(t, "coordination"), "coordination", w.KeyFile, func() time.Time { return now }
		v, err := vault.Open(t.Context(), c)
		require.NoError(t, err)
		t.Cleanup(v.Close)
		return v
	}
	v, other := open(vault.Config{}), w.Open(t, "coordination")
	ref := newRefs(t, v, 1)[0]
	asked := func() int {
		return count(t, w, `select count(*) from vault.access where verb = 'keysets' and refs @> array['`+ref+`'::uuid]`)
	}
	fetch := func(v *vault.Vault) *vault.Keys {
		keys, err := v.Keys(t.Context(), []string{ref}, all...)
		require.NoError(t, err)
		return keys
	}
	e, p := id.New(), &note{Name: says("Ada")}
	require.NoError(t, fetch(v).SealPayload(ref, e, p))
	fetch(v)
	require.Equal(t, 1, asked())

	require.NoError(t, other.Destroy(t.Context(), ref))
	now = now.Add(5*time.Minute - time.Second)
	got := p.sent()
	require.NoError(t, fetch(v).OpenPayload(ref, e, got))
	require.Equal(t, "Ada", got.texts()[0], "nobody told this process")
	now = now.Add(time.Second)
	got = p.sent()
	require.NoError(t, fetch(v).OpenPayload(ref, e, got))
	require.Empty(t, got.texts()[0], "but in five minutes it knows")
	require.Equal(t, 2, asked())

	small := open(vault.Config{MaxCached: 10, CacheFor: time.Hour})
	refs := newRefs(t, small, 25)
	_, err := small.Keys(t.Context(), refs, vault.Contact)
	require.NoError(t, err, "more than it keeps can still be asked for")
	require.Equal(t, 10, vault.Cached(small))
	small.Evict(refs[24])
	for _, r := range refs {
		small.Evict(r)
	}
	require.Zero(t, vault.Cached(small))
	_, err = small.Keys(t.Context(), refs[:5], vault.Contact)
	require.NoError(t, err)
	now = now.Add(5 * time.Minute)
	_, err = small.Keys(t.Context(), refs[5:6], vault.Contact)
	require.NoError(t, err)
	require.Equal(t, 1, vault.Cached(small), "nothing stays longer than five minutes, whatever was asked for")
}

func BenchmarkSeal(b *testing.B) {
	w := vaulttest.New(b)
	v := w.Open(b, "primarycare")
	ref := newRefs(b, v, 1)[0]
	keys, err := v.Keys(b.Context(), []string{ref}, all...)
	require.NoError(b, err)
	contact, err := json.Marshal(map[string]string{"given": "Ada", "family": "Lovelace", "phone": "020 7946 0000", "address": "1 Some Street, Somewhere", "nhs_number": "9990000018", "born": "1950-01-01"})
	require.NoError(b, err)
	e, p := id.New(), &note{Name: &box{plain: contact, open: true}}
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			if err := keys.SealPayload(ref, e, p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if err := keys.OpenPayload(ref, e, p); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkKeys(b *testing.B) {
	w := vaulttest.New(b)
	v := w.Open(b, "primarycare")
	ref := newRefs(b, v, 1)
	keys := func(refs []string, v *vault.Vault) {
		if _, err := v.Keys(b.Context(), refs, vault.Contact, vault.Narrative, vault.Safeguarding); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("cached", func(b *testing.B) {
		for b.Loop() {
			keys(ref, v)
		}
	})
	b.Run("fetched", func(b *testing.B) {
		for b.Loop() {
			v.Evict(ref[0])
			keys(ref, v)
		}
	})
	b.Run("made", func(b *testing.B) {
		fresh := newRefs(b, v, 1) // the ref is counted in
		for b.Loop() {
			keys(fresh, v)
			fresh = newRefs(b, v, 1)
		}
	})
	batch := newRefs(b, v, 128)
	keys(batch, v)
	b.Run("fetched-128", func(b *testing.B) {
		for b.Loop() {
			for _, r := range batch {
				v.Evict(r)
			}
			keys(batch, v)
		}
	})
	b.Run("memory", func(b *testing.B) {
		var before, after runtime.MemStats
		many := newRefs(b, v, 2000)
		keys(many, w.Open(b, "mdt"))
		reader := w.Open(b, "coordination")
		runtime.GC()
		runtime.ReadMemStats(&before)
		keys(many, reader)
		runtime.GC()
		runtime.ReadMemStats(&after)
		for b.Loop() { // it was measured above; Loop begins the metrics anew
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(vault.Cached(reader)), "B/key")
	})
}
