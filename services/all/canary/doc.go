// Package canary plants people who exist nowhere else and looks for them where nobody may be found. It is tests only.
package canary
