package all

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"example.org/waypost/pkg/audit/chain"
	"example.org/waypost/pkg/vault"
	"example.org/waypost/services/all/internal/inside"
)

// folder is where everything is kept: postgres/ broker/ vault.keys audit.key checkpoints/ secret waypost.log lock, and while Waypost runs inside.
type folder struct {
	dir    string
	lock   *os.File
	secret []byte
}

// openFolder makes the folder and takes it for this process; the kernel gives it back however we end.
func openFolder(dir string) (*folder, error) {
	unusable := func(err error) error { return fmt.Errorf("the data folder can not be used: %w", err) }
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, unusable(err)
	}
	if err := makeFolder(dir); err != nil {
		return nil, unusable(err)
	}
	f := &folder{dir: dir}
	if f.lock, err = os.OpenFile(dir+"/lock", os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, unusable(err)
	}
	if err := syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.lock.Close() // and leave the other one's files alone
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("the data in %s is in use by a Waypost that is running: stop that one, or choose another folder (make run DATA=folder)", dir)
		}
		return nil, unusable(err)
	}
	if f.secret, err = f.openSecret(); err != nil {
		f.close()
		return nil, unusable(err)
	}
	if err := chain.KeyFor(f.auditKey(), f.checkpoints()); err != nil {
		f.close()
		return nil, unusable(err)
	}
	return f, nil
}

// makeFolder makes it for us alone; root's may be passed through, because the database's user has its own folder below.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err // one that is there stays as it is
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // what lies above is not ours to close
		return err
	}
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	return os.Chmod(dir, mode)
}

func (f *folder) close() {
	_ = os.Remove(f.dir + "/" + insideFile)
	_ = os.RemoveAll(f.dir + "/metrics")
	_ = f.lock.Close()
}

const insideFile = "inside"

// Inside is how our own programs reach the services of a Waypost that is running.
type Inside struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

// ReadInside reads it from the data folder of one.
func ReadInside(dir string) (in Inside, err error) {
	b, err := os.ReadFile(filepath.Join(dir, insideFile))
	if errors.Is(err, fs.ErrNotExist) {
		return in, fmt.Errorf("no Waypost is running with its data in %s", dir)
	}
	if err == nil {
		err = json.Unmarshal(b, &in)
	}
	if err != nil {
		return in, fmt.Errorf("find the running Waypost: %w", err)
	}
	return in, nil
}

// Running is the Waypost that is running with its data in dir, to be asked as the services ask each other.
func Running(dir string) (inside.Waypost, error) {
	in, err := ReadInside(dir)
	return inside.Whole(in.URL, in.Token), err
}

func (f *folder) writeInside(url, token string) error {
	b, err := json.Marshal(Inside{url, token})
	if err == nil {
		err = os.WriteFile(f.dir+"/"+insideFile, b, 0o600)
	}
	if err != nil {
		return fmt.Errorf("the data folder can not be used: %w", err)
	}
	return nil
}

// writeMetrics writes where Prometheus finds the metrics, as it reads it itself (file_sd_configs, credentials_file): port and token
// are others at every start.
func (f *folder) writeMetrics(address, token string) error {
	dir := f.dir + "/metrics"
	targets, err := json.Marshal([]map[string][]string{{"targets": {address}}})
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = os.WriteFile(dir+"/token", []byte(token), 0o600)
	}
	if err == nil {
		err = os.WriteFile(dir+"/targets.json", targets, 0o600)
	}
	if err != nil {
		return fmt.Errorf("the data folder can not be used: %w", err)
	}
	return nil
}

func (f *folder) keyFile() string { return f.dir + "/vault.keys" }

// On one machine the audit key and what it signs lie beside the database, and not in it: a copy of both elsewhere is for whoever runs it.
func (f *folder) auditKey() string    { return f.dir + "/audit.key" }
func (f *folder) checkpoints() string { return f.dir + "/checkpoints" }

// openSecret reads the 32 bytes that key hashes and cursors. At the first start it makes them, and the vault's key file before:
// one that is missing later is lost, and a new one would open nothing.
func (f *folder) openSecret() ([]byte, error) {
	name := f.dir + "/secret"
	b, err := os.ReadFile(name)
	if err == nil {
		if len(b) != 32 {
			return nil, fmt.Errorf("%s is damaged: it has %d bytes and not 32", name, len(b))
		}
		if _, err := os.Stat(f.keyFile()); err != nil {
			return nil, fmt.Errorf("the vault's keys are lost, put them back from where you keep a copy: %w", err)
		}
		return b, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if _, err := vault.CreateKeyFile(f.keyFile()); err != nil {
		return nil, err
	}
	b = make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	if err := os.WriteFile(name+".new", b, 0o600); err != nil {
		return nil, err
	}
	return b, os.Rename(name+".new", name)
}

const maxLog = 20 << 20

// log writes to a file in the folder; the terminal is for the person who started us. The file before is kept once.
func (f *folder) log() (*zap.Logger, error) {
	name := f.dir + "/waypost.log"
	if info, err := os.Stat(name); err == nil && info.Size() > maxLog {
		_ = os.Rename(name, name+".1") // then the old one grows on
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder can not be used: %w", err)
	}
	encoder := zap.NewProductionEncoderConfig()
	encoder.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	core := zapcore.NewCore(zapcore.NewJSONEncoder(encoder), zapcore.Lock(file), zap.InfoLevel)
	return zap.New(core), nil
}
