package vault

// Cached is how many keys v remembers.
func Cached(v *Vault) int { return v.cache.size() }

// RewrapAtOnce has Rewrap do so many in a transaction, and tells how to put that back.
func RewrapAtOnce(n int) (back func()) {
	was := atOnceRewrapped
	atOnceRewrapped = n
	return func() { atOnceRewrapped = was }
}
