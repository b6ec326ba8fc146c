package vault

import (
	"encoding/binary"
	"fmt"

	"example.org/waypost/pkg/event"
)

// sealVersion is the form of what is sealed: a Tink ciphertext of XAES-256-GCM under the keyset named beside it, with
// sealContext as its associated data. It travels as "v".
const sealVersion = 1

// SealPayload seals every field of p that has a plaintext, for the event eventID about this patient. A field that was opened
// in another event is sealed anew, so what was heard can be passed on; one that is closed can not, and is ErrAltered.
func (k *Keys) SealPayload(about, eventID string, p event.Payload) error {
	return p.EachSealed(func(path, class string, b event.Box) error {
		plain, open := b.Plaintext()
		if !open {
			if _, _, _, sealed := b.Ciphertext(); !sealed {
				return nil
			}
			// It stays as it is if it was sealed for this very event, which is so when an append is tried again.
			if err := k.open(about, eventID, p.EventType(), path, class, b, false); err != nil {
				return fmt.Errorf("seal %s: %w", path, err)
			}
			return nil
		}
		one, err := k.sealing(about, class)
		if err != nil {
			return fmt.Errorf("seal %s: %w", path, err)
		}
		ct, err := one.aead.Encrypt(plain, sealContext(eventID, p.EventType(), path, one.id))
		if err != nil {
			return fmt.Errorf("seal %s: %w", path, err)
		}
		b.SetCiphertext(one.id, sealVersion, ct)
		return nil
	})
}

// OpenPayload opens every field of p whose class it holds and leaves the others closed: a class that is not this service's,
// a class that was not asked for, a patient who was erased. What was altered, or sealed for another event, field or
// patient, is ErrAltered; a key that should be there and is not is ErrNoKey or ErrWrapped.
func (k *Keys) OpenPayload(about, eventID string, p event.Payload) error {
	return p.EachSealed(func(path, class string, b event.Box) error {
		if err := k.open(about, eventID, p.EventType(), path, class, b, true); err != nil {
			return fmt.Errorf("open %s: %w", path, err)
		}
		return nil
	})
}

// open opens one field. With lenient, a field that is not ours to open is passed over.
func (k *Keys) open(about, eventID, eventType, path, class string, b event.Box, lenient bool) error {
	keyID, version, ct, sealed := b.Ciphertext()
	if !sealed {
		return nil
	}
	one := k.get(about, class)
	if one == nil || one.state == denied || one.state == erased {
		if lenient {
			return nil
		}
		return ErrAltered
	}
	switch one.state {
	case broken:
		return ErrWrapped
	case absent, unknown:
		return ErrNoKey
	}
	if version != sealVersion || keyID != one.id {
		return ErrAltered
	}
	plain, err := one.aead.Decrypt(ct, sealContext(eventID, eventType, path, keyID))
	if err != nil {
		return ErrAltered // Tink's reason adds nothing
	}
	b.SetPlaintext(plain)
	return nil
}

func (k *Keys) sealing(about string, class Class) (*key, error) {
	one := k.get(about, class)
	switch {
	case one == nil:
		return nil, ErrNoKey
	case one.state == erased:
		return nil, ErrErased
	case one.state == broken:
		return nil, ErrWrapped
	case one.state != held || !one.mayMake:
		return nil, ErrNoKey
	}
	return one, nil
}

// sealContext binds a ciphertext to its event, its field and its key, and the key is one patient's and class's: it opens
// nowhere else.
func sealContext(eventID, eventType, path, keyID string) []byte {
	return framed("waypost/sealed/1", eventID, eventType, path, keyID)
}

// framed joins parts so that no two lists of parts come out the same: each has its length before it.
func framed(parts ...string) []byte {
	size := 0
	for _, p := range parts {
		size += len(p) + binary.MaxVarintLen16
	}
	out := make([]byte, 0, size)
	for _, p := range parts {
		out = binary.AppendUvarint(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}
