package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"example.org/waypost/pkg/id"
)

// Keys are what one transaction seals and opens with: a handful of patients, the classes that were asked for and that the
// policy gives. They work without the vault. Keep them no longer than the transaction. A nil *Keys holds none.
type Keys struct {
	held map[slot]*key
}

func (k *Keys) set(ref string, class Class, one *key) {
	if k.held == nil {
		k.held = map[slot]*key{}
	}
	k.held[slot{ref, class}] = one
}

func (k *Keys) get(ref string, class Class) *key {
	if k == nil {
		return nil
	}
	return k.held[slot{ref, class}]
}

// key is what is known of one patient and class.
type key struct {
	id      string
	state   state
	mayMake bool
	aead    tink.AEAD // when held
}

type state string

const (
	held    state = "held"
	absent  state = "absent"  // nobody has made it
	erased  state = "erased"  // it was destroyed, and stays so
	unknown state = "unknown" // no such ref was given out
	denied  state = "denied"  // the policy does not give it to us
	broken  state = "broken"  // it is there and can not be unwrapped
)

// keepable tells whether it will still be so in five minutes. Another service may make an absent key at any moment and say
// something with it at once: remembering that it was absent would hide what was said.
func (k *key) keepable() bool { return k.state != absent && k.state != broken }

// Keys fetches the keys of refs for classes, and makes those that nobody has made yet where the policy lets this service.
// It is for who is about to seal; call it before the transaction. It takes one round trip, two when something must be made,
// none when all is cached. A class the policy does not give, a patient who was erased and a ref that is none (a service's or a
// meeting's id) are no error: there is no key for them. What was made is on disk in the vault when Keys returns.
func (v *Vault) Keys(ctx context.Context, refs []string, classes ...Class) (*Keys, error) {
	return v.fetch(ctx, refs, classes, true)
}

// KeysToOpen is Keys for who only reads: it makes nothing.
func (v *Vault) KeysToOpen(ctx context.Context, refs []string, classes ...Class) (*Keys, error) {
	return v.fetch(ctx, refs, classes, false)
}

// Knows tells whether a ref was ever given out, those that were destroyed included.
func (v *Vault) Knows(ctx context.Context, ref string) (bool, error) {
	keys, err := v.KeysToOpen(ctx, []string{ref}, Contact)
	if err != nil {
		return false, err
	}
	one := keys.get(ref, Contact)
	return one != nil && one.state != unknown && one.state != denied, nil
}

func (v *Vault) fetch(ctx context.Context, refs []string, classes []Class, makeMissing bool) (*Keys, error) {
	refs = slices.Compact(slices.Sorted(slices.Values(refs)))
	for _, ref := range refs {
		if !id.Valid(ref) {
			return nil, errors.New("fetch keys: a ref is not a UUID")
		}
	}
	keys := &Keys{}
	missing, mark := v.cache.take(refs, classes, keys)
	asked := v.cache.now()
	for some := range slices.Chunk(missing, atOnce) {
		fresh, err := v.ask(ctx, some, classes, makeMissing)
		if err != nil {
			return nil, fmt.Errorf("fetch keys: %w", err)
		}
		v.cache.put(mark, asked, fresh)
		for at, one := range fresh {
			keys.set(at.ref, at.class, one)
		}
	}
	return keys, nil
}

// keysetRow is a line of the vault's answer.
type keysetRow struct {
	Ref, Class, State string
	MayMake           bool
	KeyID             *string
	Version           *int
	KEKID             *string
	Wrapped           []byte
}

func (v *Vault) ask(ctx context.Context, refs []string, classes []Class, makeMissing bool) (map[slot]*key, error) {
	rows, err := v.query(ctx, `select * from vault.keysets($1, $2, $3)`, refs, classes, acting(ctx))
	if err != nil {
		return nil, err
	}
	fresh := map[slot]*key{}
	for _, ref := range refs {
		for _, class := range classes {
			fresh[slot{ref, class}] = &key{state: denied} // unless the vault mentions it
		}
	}
	var wanted []slot
	for _, r := range rows {
		at := slot{r.Ref, r.Class}
		if fresh[at] = v.unwrap(r); makeMissing && fresh[at].state == absent && r.MayMake {
			wanted = append(wanted, at)
		}
	}
	for some := range slices.Chunk(wanted, atOnce) {
		if err := v.make(ctx, some, fresh); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

// make offers a new keyset for each place and takes whatever stands there afterwards: somebody else's may have come first.
func (v *Vault) make(ctx context.Context, wanted []slot, into map[slot]*key) error {
	var refs, classes, ids []string
	var wrapped [][]byte
	for _, at := range wanted {
		keyID := id.NewRandom()
		w, err := v.newKeyset(keyID, at)
		if err != nil {
			return fmt.Errorf("make a keyset: %w", err)
		}
		refs, classes, ids, wrapped = append(refs, at.ref), append(classes, at.class), append(ids, keyID), append(wrapped, w)
	}
	rows, err := v.query(ctx, `select * from vault.put_keysets($1, $2, $3, $4, $5, $6)`,
		refs, classes, ids, v.file.kekID, wrapped, acting(ctx))
	if err != nil {
		return err
	}
	for _, r := range rows {
		into[slot{r.Ref, r.Class}] = v.unwrap(r)
	}
	return nil
}

func (v *Vault) query(ctx context.Context, sql string, args ...any) ([]keysetRow, error) {
	found, err := v.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, explain(err)
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByPos[keysetRow])
	if err != nil {
		return nil, explain(err)
	}
	return rows, nil
}

func (v *Vault) newKeyset(keyID string, at slot) ([]byte, error) {
	h, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), v.file.kek, wrapContext(keyID, at, 1)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// unwrap never fails as a whole: one patient's damaged keyset must not stop the others of a batch.
func (v *Vault) unwrap(r keysetRow) *key {
	k := &key{state: state(r.State), mayMake: r.MayMake}
	if k.state != held {
		return k
	}
	k.state = broken
	if r.KeyID == nil || r.Version == nil {
		return k
	}
	k.id = *r.KeyID
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(r.Wrapped)), v.file.kek,
		wrapContext(k.id, slot{r.Ref, r.Class}, *r.Version))
	if err != nil {
		return k
	}
	if k.aead, err = aead.New(h); err == nil {
		k.state = held
	}
	return k
}

// wrapContext binds a wrapped keyset to its place, so that a row copied to another patient or class does not unwrap.
func wrapContext(keyID string, at slot, version int) []byte {
	return framed("waypost/keyset/1", keyID, at.ref, at.class, strconv.Itoa(version))
}
