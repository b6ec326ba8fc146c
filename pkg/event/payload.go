package event

// Box is a sealed field: a plaintext before it is sealed or after it was opened, and a ciphertext on the wire.
// It is an interface literal so that generated types in other modules have it without importing this package.
type Box = interface {
	Plaintext() (plain []byte, ok bool)
	SetPlaintext(plain []byte)
	Ciphertext() (key string, version int, ct []byte, ok bool)
	SetCiphertext(key string, version int, ct []byte)
}

// Payload is what an event says. Generated types in schemas/ have both methods.
type Payload interface {
	EventType() string                                         // waypost.<speaker>.<fact>.v<n>
	EachSealed(fn func(path, class string, b Box) error) error // path is a JSON pointer; nil fields are passed over
}
