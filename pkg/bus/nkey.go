package bus

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// NewUser makes a user's nkey: the seed stays with the service, the public half goes into the broker's configuration.
func NewUser() (seed []byte, public string, err error) {
	kp, err := nkeys.CreateUser()
	if err != nil {
		return nil, "", fmt.Errorf("make nkey: %w", err)
	}
	if seed, err = kp.Seed(); err != nil {
		return nil, "", fmt.Errorf("make nkey: %w", err)
	}
	if public, err = kp.PublicKey(); err != nil {
		return nil, "", fmt.Errorf("make nkey: %w", err)
	}
	return seed, public, nil
}

// PublicOf is the public half of a seed.
func PublicOf(seed []byte) (string, error) {
	kp, err := nkeys.FromSeed(seed)
	if err != nil {
		return "", errors.New("read nkey: this is no nkey seed")
	}
	return kp.PublicKey()
}

func seedOption(seed []byte) (nats.Option, error) {
	kp, err := nkeys.FromSeed(seed)
	if err != nil {
		return nil, errors.New("read nkey: this is no nkey seed")
	}
	public, err := kp.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("read nkey: %w", err)
	}
	return nats.Nkey(public, kp.Sign), nil
}
