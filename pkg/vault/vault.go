// Package vault keeps the keys of what names a person or was said: one keyset per patient and class, in a database of its own
// whose functions give each service only its classes.
//
// A service asks for keys before its transaction, seals and opens fields with them inside it without any network, and
// forgets them after five minutes. Destroying a patient's keys makes every copy of what was sealed unreadable, wherever it is.
package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"example.org/waypost/pkg/actor"
	"example.org/waypost/pkg/id"
	"example.org/waypost/pkg/nhsnumber"
)

// Class is one kind of sealed data. It is an alias, because the generated payload types name classes by plain strings.
type Class = string

// The classes. Which service holds which is the table class_policy in the vault.
const (
	Contact      Class = "contact"      // who somebody is and how to reach them
	Narrative    Class = "narrative"    // what was said
	Safeguarding Class = "safeguarding" // risks, and which sensitive service
	Message      Class = "message"      // what a sender and a receiver say to each other about an offer
)

// Bounds of the cache. Five minutes is how long a destroyed key may live on in a process that was not told.
const (
	maxAge        = 5 * time.Minute
	defaultCached = 20_000
	maxConns      = 6
	atOnce        = 500 // refs in one round trip; the vault refuses more than 1000
)

// Config says which vault, and as whom.
type Config struct {
	URL       string // signs in as the service's own login role; the policy goes by who signed in
	Service   string
	KeyFile   string
	Now       func() time.Time
	MaxCached int           // keys kept in memory, about a kilobyte each; 0: 20,000
	CacheFor  time.Duration // 0 or more than five minutes: five minutes
}

// Vault is one service's door to the keys. It is safe for use by many goroutines.
type Vault struct {
	pool  *pgxpool.Pool
	file  *keyFile
	cache *cache
}

// Open signs in and checks that the role is the service's own and the key file the one this vault was made with.
func Open(ctx context.Context, c Config) (*Vault, error) {
	file, err := readKeyFile(c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("open the vault: %w", err)
	}
	pc, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, errors.New("open the vault: the address can not be read") // the reason would quote it, password and all
	}
	pc.MaxConns = maxConns
	// Few refs out of many rows, always by their keys. Left to itself the planner goes by statistics from the vault's first
	// minutes, when it was all but empty, and reads the whole table at every call. jit takes longer than our statements.
	for name, value := range map[string]string{
		"jit": "off", "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
	} {
		pc.ConnConfig.RuntimeParams[name] = value
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("open the vault: %w", err)
	}
	v := &Vault{pool: pool, file: file, cache: newCache(c.Now, c.MaxCached, c.CacheFor)}
	if err := v.check(ctx, c.Service); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open the vault: %w", err)
	}
	return v, nil
}

func (v *Vault) check(ctx context.Context, service string) error {
	mark, err := v.file.fingerprint()
	if err != nil {
		return err
	}
	var who string
	var same bool
	if err := v.pool.QueryRow(ctx, `select session_user, vault.same_key_file($1)`, mark).Scan(&who, &same); err != nil {
		return explain(err)
	}
	if who != service {
		return fmt.Errorf("signed in as %s, not as %s: the policy goes by who signs in", who, service)
	}
	if !same {
		return fmt.Errorf("%w: it is not the one this vault was made with", ErrKeyFile)
	}
	return nil
}

// Close ends the connections. Keys that were handed out still work.
func (v *Vault) Close() { v.pool.Close() }

// Ping tells whether the vault's database answers, for readiness.
func (v *Vault) Ping(ctx context.Context) error { return v.pool.Ping(ctx) }

// Numbered is an NHS number and whom it was typed for.
type Numbered struct {
	Number string
	Holder nhsnumber.Holder
}

// RefForNumber gives the ref of the patient with this NHS number: the same for every service and every call, until it is
// destroyed. A number that was typed for somebody else before gets them another ref: whether the two are one person is for
// coordination to say. Number and person stay in this process; the vault sees keyed hashes. A number from the 999 range is
// taken, whether it may be used here is for who asked the person for it. The error is nhsnumber's when it is no number.
func (v *Vault) RefForNumber(ctx context.Context, nhsNumber string, of nhsnumber.Holder) (string, error) {
	refs, err := v.RefsForNumbers(ctx, []Numbered{{nhsNumber, of}})
	if err != nil {
		return "", err
	}
	return refs[0], nil
}

// RefsOfNumber gives every ref that a number was typed for, none when nobody typed it. It makes none.
func (v *Vault) RefsOfNumber(ctx context.Context, nhsNumber string) (refs []string, err error) {
	hash, err := v.hashOf(nhsNumber)
	if err != nil {
		return nil, err
	}
	if err := v.pool.QueryRow(ctx, `select vault.refs_of_number($1, $2)`, hash, acting(ctx)).Scan(&refs); err != nil {
		return nil, fmt.Errorf("find refs: %w", explain(err))
	}
	return refs, nil
}

// RefsForNumbers is RefForNumber for many, in the order asked, five hundred to a round trip.
func (v *Vault) RefsForNumbers(ctx context.Context, typed []Numbered) ([]string, error) {
	return inChunks(typed, func(some []Numbered) (refs []string, err error) {
		hashes, marks := make([][]byte, len(some)), make([][]byte, len(some))
		for i, n := range some {
			if hashes[i], err = v.hashOf(n.Number); err != nil {
				return nil, err
			}
			if marks[i], err = v.file.hashMark(hashes[i], n.Holder); err != nil {
				return nil, fmt.Errorf("find a ref: %w", err)
			}
		}
		if err := v.pool.QueryRow(ctx, `select vault.refs_for_numbers($1, $2, $3)`, hashes, marks, acting(ctx)).Scan(&refs); err != nil {
			return nil, fmt.Errorf("find a ref: %w", explain(err))
		}
		return refs, nil
	})
}

func (v *Vault) hashOf(typed string) ([]byte, error) {
	number, err := nhsnumber.Parse(typed, nhsnumber.Policy{AllowTest: true})
	if err != nil {
		return nil, fmt.Errorf("find a ref: %w", err)
	}
	hash, err := v.file.hashNumber(number)
	if err != nil {
		return nil, fmt.Errorf("find a ref: %w", err)
	}
	return hash, nil
}

// NewRef gives a ref for a patient without a number.
func (v *Vault) NewRef(ctx context.Context) (string, error) {
	var refs []string
	if err := v.pool.QueryRow(ctx, `select vault.new_refs(1, $1)`, acting(ctx)).Scan(&refs); err != nil {
		return "", fmt.Errorf("make a ref: %w", explain(err))
	}
	return refs[0], nil
}

// Destroy deletes all keys of a ref and, if it had a number, the way from the number to it. From then on nobody can open what
// was sealed for it, save processes that hold the keys in memory, for five minutes, and backups, until they age out.
// Doing it twice is no error. Destroying a ref that was never given out is ErrNoKey.
func (v *Vault) Destroy(ctx context.Context, ref string) error {
	if !id.Valid(ref) {
		return fmt.Errorf("destroy keys: %w", ErrNoKey)
	}
	var known bool
	err := v.pool.QueryRow(ctx, `select vault.destroy($1, $2)`, ref, acting(ctx)).Scan(&known)
	v.Evict(ref) // also when it failed: it may have happened, and asking again costs a round trip
	if err != nil {
		return fmt.Errorf("destroy keys: %w", explain(err))
	}
	if !known {
		return fmt.Errorf("destroy keys: %w", ErrNoKey)
	}
	return nil
}

// Evict forgets the keys of a ref: what a service does when it hears that a patient was erased.
func (v *Vault) Evict(ref string) { v.cache.evict(ref) }

// acting is what the access table says of the one for whom the service asks.
func acting(ctx context.Context) string {
	switch a, ok := actor.From(ctx); {
	case !ok:
		return ""
	case a.IsPerson():
		return "person:" + a.Person.ID
	default:
		return "machine:" + a.Machine
	}
}

// explain gives a database's refusal its meaning. A connection's own error names hosts and roles, never what was asked.
func explain(err error) error {
	var pe *pgconn.PgError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case refused(err, "42501"): // insufficient_privilege
		return fmt.Errorf("%w: %w", ErrDenied, err)
	case errors.As(err, &pe) && pe.Code[:2] != "08" && pe.Code[:2] != "57" && pe.Code[:2] != "53":
		return err
	default: // no connection, being shut down, out of connections or of disk
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
}

func inChunks[In, Out any](all []In, ask func([]In) ([]Out, error)) ([]Out, error) {
	out := make([]Out, 0, len(all))
	for len(all) > 0 {
		n := min(atOnce, len(all))
		some, err := ask(all[:n])
		if err != nil {
			return nil, err
		}
		out, all = append(out, some...), all[n:]
	}
	return out, nil
}
