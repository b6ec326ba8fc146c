package vault

// Cached is how many keys v remembers.
func Cached(v *Vault) int { return v.cache.size() }
