package api

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"policykb/corpus"
)

// Role says what the holder of a key may do. Each may do what those before it may.
type Role string

// The roles.
const (
	RoleReader  Role = "reader"  // ask, search and read
	RoleAnalyst Role = "analyst" // also add, change and remove documents
	RoleAdmin   Role = "admin"   // also see to the service itself
)

// roles in the order of what they may do.
var roles = []Role{RoleReader, RoleAnalyst, RoleAdmin}

// includes reports whether the role may do what needs the other.
func (r Role) includes(needed Role) bool {
	return slices.Index(roles, r) >= slices.Index(roles, needed)
}

// Key lets a program or a person in. The secret itself is kept nowhere: it is 130
// random bits, so that its plain SHA-256 tells nothing of it.
type Key struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"` // who it was given to
	Role    Role      `json:"role"`
	Hash    string    `json:"hash"`             // SHA-256 of the secret, hex
	Cities  []string  `json:"cities,omitempty"` // only documents of these cities or provinces
	Tags    []string  `json:"tags,omitempty"`   // only documents with one of these tags
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
}

// scope is that of the documents which there are for the holder.
func (k Key) scope() corpus.Scope { return corpus.Scope{Cities: k.Cities, Tags: k.Tags} }

// NewKey makes a key and its secret, which is to be shown once. Only readers and
// analysts can be kept to some cities or tags.
func NewKey(name string, role Role, cities, tags []string, expires time.Time) (Key, string, error) {
	switch {
	case name == "":
		return Key{}, "", errors.New("a key needs the name of its holder")
	case !slices.Contains(roles, role):
		return Key{}, "", fmt.Errorf("%q is no role: use reader, analyst or admin", role)
	case role == RoleAdmin && len(cities)+len(tags) > 0:
		return Key{}, "", errors.New("an admin sees all documents: leave the cities and tags out")
	case !expires.IsZero() && expires.Before(time.Now()):
		return Key{}, "", errors.New("the key would have expired already")
	}
	secret := "pkb_" + rand.Text()
	known := make([]string, len(cities))
	for i, city := range cities {
		place, ok := corpus.Places().Lookup(city)
		if !ok {
			return Key{}, "", fmt.Errorf("%q is no city or province that is known here", city)
		}
		known[i] = place.Name
	}
	return Key{
		ID: rand.Text()[:8], Name: name, Role: role, Hash: hashOf(secret), Cities: known, Tags: tags,
		Created: time.Now().UTC().Truncate(time.Second), Expires: expires,
	}, secret, nil
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// KeyFile is a file of keys. It is read anew when it has changed, so that a key
// that was revoked is so at once. It is safe for concurrent use.
type KeyFile struct {
	path string

	mu   sync.Mutex
	keys []Key
	read os.FileInfo // as it was when it was read
}

// OpenKeyFile opens a file of keys. One that is not there holds none.
func OpenKeyFile(path string) (*KeyFile, error) {
	f := &KeyFile{path: path}
	_, err := f.Keys()
	return f, err
}

// Keys returns the keys as the file has them now.
func (f *KeyFile) Keys() ([]Key, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.keys, f.read = nil, nil
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	if f.read != nil && os.SameFile(f.read, info) && f.read.ModTime().Equal(info.ModTime()) && f.read.Size() == info.Size() {
		return f.keys, nil
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	var keys []Key
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, fmt.Errorf("read the keys in %s: %w", f.path, err)
	}
	for _, k := range keys {
		if !slices.Contains(roles, k.Role) || len(k.Hash) != 2*sha256.Size {
			return nil, fmt.Errorf("read the keys in %s: the key %q of %s is damaged", f.path, k.ID, k.Name)
		}
	}
	f.keys, f.read = keys, info
	return keys, nil
}

// Add keeps a key.
func (f *KeyFile) Add(k Key) error {
	keys, err := f.Keys()
	if err != nil {
		return err
	}
	return f.write(append(slices.Clone(keys), k))
}

// Revoke forgets the key with this id.
func (f *KeyFile) Revoke(id string) error {
	keys, err := f.Keys()
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k.ID == id })
	if len(left) == len(keys) {
		return fmt.Errorf("key %s: %w", id, corpus.ErrNotFound)
	}
	return f.write(left)
}

// write replaces the file in one step.
func (f *KeyFile) write(keys []Key) error {
	data, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(f.path), ".keys-*") // readable by its owner alone
	if err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	defer os.Remove(next.Name()) // gone already where all went well
	_, err = next.Write(append(data, '\n'))
	if err = errors.Join(err, next.Sync(), next.Close()); err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	if err := os.Rename(next.Name(), f.path); err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	return nil
}

// find returns the key with this secret, unless it has expired. It takes the same
// time whichever key it is, or none.
func (f *KeyFile) find(secret string, now time.Time) (found Key, ok bool, err error) {
	keys, err := f.Keys()
	if err != nil {
		return Key{}, false, err
	}
	hash := []byte(hashOf(secret))
	for _, k := range keys {
		if subtle.ConstantTimeCompare(hash, []byte(k.Hash)) == 1 && (k.Expires.IsZero() || now.Before(k.Expires)) {
			found, ok = k, true
		}
	}
	return found, ok, nil
}
