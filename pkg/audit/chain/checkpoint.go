package chain

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Checkpoint says, signed, where the chain of one service stood. Who holds one can prove later that what was sealed until then is
// as it was; who looks after the database can not make one.
type Checkpoint struct {
	Format   int       `json:"waypost_audit_checkpoint"`
	Area     string    `json:"area"`
	Service  string    `json:"service"`
	At       time.Time `json:"at"` // by the clock of the process, not the database's
	Position int64     `json:"position"`
	Hash     string    `json:"hash"`
	// Complete says that nothing committed was waiting: whatever is sealed later was written later.
	Complete bool `json:"complete"`
	// Restored says that the database was put back to here: earlier checkpoints beyond this position hold no more.
	Restored bool   `json:"restored,omitempty"`
	Prev     string `json:"prev"` // hash of the line before, in the same file
	Key      string `json:"key"`
	Sig      []byte `json:"sig,omitempty"`
}

const format = 1

// Sign signs it.
func (c *Checkpoint) Sign(k ed25519.PrivateKey) error {
	public, ok := k.Public().(ed25519.PublicKey)
	if !ok {
		return errors.New("sign checkpoint: no audit key")
	}
	c.Format, c.Key, c.Sig = format, keyID(public), nil
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("sign checkpoint: %w", err)
	}
	c.Sig = ed25519.Sign(k, b)
	return nil
}

// Signed tells whether one of the keys signed exactly this.
func (c Checkpoint) Signed(keys []ed25519.PublicKey) bool {
	sig := c.Sig
	c.Sig = nil
	b, err := json.Marshal(c)
	if err != nil {
		return false
	}
	for _, k := range keys {
		if keyID(k) == c.Key && ed25519.Verify(k, b, sig) {
			return true
		}
	}
	return false
}

// suffix of the files that checkpoints are appended to; one for each service and folder.
const suffix = ".checkpoints"

// Append signs the checkpoint as the next line of the service's file in dir, and returns the line when it is on the disk. It only
// ever appends, so the file may be one that the system lets nobody change otherwise (chattr +a, or a store that is written once).
func Append(dir string, k ed25519.PrivateKey, c Checkpoint) (line string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("append checkpoint: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, c.Service+suffix), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return "", fmt.Errorf("append checkpoint: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil { // copies of a service may share the folder
		return "", fmt.Errorf("append checkpoint: %w", err)
	}
	last, whole, err := lastLine(f)
	if err != nil {
		return "", fmt.Errorf("append checkpoint: %w", err)
	}
	c.Prev = lineHash(last)
	if err := c.Sign(k); err != nil {
		return "", err
	}
	b, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("append checkpoint: %w", err)
	}
	out := append(b, '\n')
	if !whole {
		out = append([]byte{'\n'}, out...) // the power failed while the last one was written; it stays as it is
	}
	if _, err = f.Write(out); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return "", fmt.Errorf("append checkpoint: %w", err)
	}
	return string(b), nil
}

func lineHash(line []byte) string {
	if len(line) == 0 {
		return ""
	}
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// longest is more than a line can have.
const longest = 4096

// lastLine reads the end of the file; whole is false when it does not end in a newline.
func lastLine(f *os.File) (line []byte, whole bool, err error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return nil, true, err
	}
	from := max(0, info.Size()-longest)
	b := make([]byte, info.Size()-from)
	if _, err := f.ReadAt(b, from); err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	whole = b[len(b)-1] == '\n'
	b = bytes.TrimSuffix(b, []byte("\n"))
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		b = b[i+1:]
	}
	return b, whole, nil
}

// read reads all checkpoints of a service in the folders, and names the first line that is not what was signed.
func read(dirs []string, service string, keys []ed25519.PublicKey) (all []Checkpoint, broken *Break, err error) {
	for _, dir := range dirs {
		name := filepath.Join(dir, service+suffix)
		b, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read checkpoints: %w", err)
		}
		these, why := readLines(string(b), service, keys)
		if why != nil {
			why.What = name + ", " + why.What
			return nil, why, nil
		}
		all = append(all, these...)
	}
	return all, nil, nil
}

func readLines(file, service string, keys []ed25519.PublicKey) (all []Checkpoint, broken *Break) {
	before, unread := "", 0
	for i, line := range strings.Split(strings.TrimSuffix(file, "\n"), "\n") {
		if line == "" && i == 0 {
			return nil, nil
		}
		var c Checkpoint
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&c); err != nil || d.More() {
			unread = i + 1 // what the power cut off; the next line vouches for it, or it is forged
			before = line
			continue
		}
		if c.Format != format || c.Service != service || !c.Signed(keys) {
			return nil, &Break{Kind: CheckpointForged, Position: c.Position, What: fmt.Sprintf("line %d: it is not signed with the key of this deployment", i+1)}
		}
		if c.Prev != lineHash([]byte(before)) {
			return nil, &Break{Kind: CheckpointMissing, Position: c.Position, What: fmt.Sprintf("line %d: the checkpoint that came before it was changed or is gone", i+1)}
		}
		before, unread = line, 0
		all = append(all, c)
	}
	if unread > 0 {
		return nil, &Break{Kind: CheckpointForged, What: fmt.Sprintf("line %d can not be read. If the power failed while it was written, the next checkpoint vouches for it", unread)}
	}
	return all, nil
}
