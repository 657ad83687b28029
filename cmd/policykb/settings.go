package main

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"

	"github.com/alecthomas/kong"
)

// settings are what can be set, by flag or by environment variable. With none set
// everything runs embedded, offline and without keys.
type settings struct {
	doorSettings
	Data      string `env:"POLICYKB_DATA" default:"./data" placeholder:"FOLDER" help:"Folder of the knowledge base; made where there is none."`
	Listen    string `env:"POLICYKB_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to serve on."`
	Open      bool   `env:"POLICYKB_OPEN" help:"Serve other machines, and requests by any host name, although nobody is asked for a key."`
	Starter   string `env:"POLICYKB_STARTER" enum:"auto,never" default:"auto" help:"Load the sample documents into an empty knowledge base: auto or never."`
	Engine    string `env:"POLICYKB_ENGINE" default:"embedded" placeholder:"ENGINE" help:"Search engine: embedded, or qdrant://HOST:6334/COLLECTION (qdrants:// for TLS), its key in QDRANT_API_KEY or QDRANT_API_KEY_FILE."`
	Catalogue string `env:"POLICYKB_CATALOGUE" enum:"sqlite" default:"sqlite" help:"What keeps the catalogue: sqlite, in the data folder."`
	Files     string `env:"POLICYKB_FILES" placeholder:"FOLDER" help:"Folder of the files as they came in; originals in the data folder where it is not set."`
	Thesaurus string `env:"POLICYKB_THESAURUS" placeholder:"FILE" help:"Words of your own, beside the built-in ones of the field, that find one another."`
	backupSettings
	modelSettings
	Verbose bool             `env:"POLICYKB_VERBOSE" short:"v" help:"Log every step."`
	Version kong.VersionFlag `help:"Show the version."`
}

// Places within the data folder.
func (s *settings) cataloguePath() string   { return filepath.Join(s.Data, "catalogue.db") }
func (s *settings) indexPath() string       { return filepath.Join(s.Data, "index") }
func (s *settings) calibrationPath() string { return filepath.Join(s.Data, "index.calibration.json") }
func (s *settings) lockPath() string        { return filepath.Join(s.Data, "lock") }

// originalsPath is the folder of the files as they came in.
func (s *settings) originalsPath() string {
	if s.Files != "" {
		return s.Files
	}
	return filepath.Join(s.Data, "originals")
}

// readingsPath is the folder of what was read for jobs that have not ended.
func (s *settings) readingsPath() string { return filepath.Join(s.Data, "readings") }

// checkListen refuses to serve other machines unless that was asked for.
func (s *settings) checkListen() error {
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", s.Listen, err)
	}
	if address, err := netip.ParseAddr(host); host == "localhost" || err == nil && address.IsLoopback() || s.Open || s.guarded() {
		return nil
	}
	return fmt.Errorf("--listen %s is reached by other machines, and nobody is asked for a key: give --api-keys, or --open if that is meant", s.Listen)
}
