package vault

import (
	"errors"

	"example.org/waypost/pkg/fault"
)

var (
	// ErrErased is returned for what would be sealed for a patient whose keys were destroyed.
	ErrErased = fault.Conflict("patient_erased", "This person's record has been erased. Nothing more can be added to it")

	// ErrUnavailable is returned when the vault's database does not answer. Nothing was sealed, made or destroyed that the
	// caller may rely on; all calls can be made again.
	ErrUnavailable = fault.Unavailable("The keys for personal details can not be reached. Nothing was saved: try again in a minute")

	// ErrNoKey is returned for a field that can not be sealed, or was sealed and can not be opened, because there is no key
	// where there must be one: the class was not asked for, the policy does not let this service make it, no ref like that
	// was ever given out, or the vault has lost a key.
	ErrNoKey = errors.New("there is no key for this class and patient")

	// ErrAltered is returned for a sealed field that is not what was sealed for this field of this event of this patient.
	ErrAltered = errors.New("a sealed field was altered or belongs elsewhere")

	// ErrWrapped is returned for the keys of a patient that can not be unwrapped with the key file.
	ErrWrapped = errors.New("a keyset can not be unwrapped: it was altered, or its key-encryption key is not in the key file")

	// ErrDenied is returned when the vault's policy does not let this service do that at all.
	ErrDenied = errors.New("the vault's policy does not allow this service to do that")

	// ErrKeyFile is returned for a key file that is missing, open to others, damaged, or another vault's.
	ErrKeyFile = errors.New("the vault's key file can not be used")
)
