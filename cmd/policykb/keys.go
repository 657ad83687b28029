package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"policykb/api"
	"policykb/corpus"
)

// keysCommand sees to the file of keys.
type keysCommand struct {
	Add    addKeyCommand    `cmd:"" help:"Make a key and show it, once."`
	List   listKeysCommand  `cmd:"" help:"List the keys. They themselves are not kept."`
	Revoke revokeKeyCommand `cmd:"" help:"Revoke keys. A server that runs lets them in no more."`
}

// openKeys opens the file of keys that the settings name.
func openKeys(s *settings) (*api.KeyFile, error) {
	if s.APIKeys == "" {
		return nil, errors.New("say which file holds the keys, with --api-keys FILE")
	}
	return api.OpenKeyFile(s.APIKeys)
}

// addKeyCommand makes a key.
type addKeyCommand struct {
	Name    string   `arg:"" help:"Who it is for."`
	Role    api.Role `enum:"reader,analyst,admin" default:"reader" help:"reader (ask, search, read), analyst (also add, change, remove) or admin."`
	City    []string `sep:"," help:"Only documents of these cities or provinces."`
	Tag     []string `sep:"," help:"Only documents with one of these tags."`
	Expires string   `placeholder:"DAYS|DATE" help:"When it ends: after so many days (90d) or at the end of a day (2027-12-31)."`
}

// Run implements kong's command.
func (a addKeyCommand) Run(s *settings, c *console) error {
	file, err := openKeys(s)
	if err != nil {
		return err
	}
	expires, err := expiry(a.Expires, time.Now())
	if err != nil {
		return err
	}
	key, secret, err := api.NewKey(a.Name, a.Role, a.City, a.Tag, expires)
	if err != nil {
		return err
	}
	if err := file.Add(key); err != nil {
		return err
	}
	c.printf("%s\n", secret)
	fmt.Fprintf(c.errs, "The key %s of %s (%s). It is not shown again.\n", key.ID, key.Name, key.Role)
	return nil
}

// expiry reads when a key ends; "" is never.
func expiry(written string, now time.Time) (time.Time, error) {
	if written == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(written, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > 36500 {
			return time.Time{}, fmt.Errorf("--expires %s: write days as 90d", written)
		}
		return now.AddDate(0, 0, n).UTC().Truncate(time.Second), nil
	}
	last, err := time.ParseInLocation(time.DateOnly, written, now.Location())
	if err != nil {
		return time.Time{}, fmt.Errorf("--expires %s: write days as 90d or a date as 2027-12-31", written)
	}
	return last.AddDate(0, 0, 1).UTC(), nil
}

// listKeysCommand lists the keys.
type listKeysCommand struct{}

// Run implements kong's command.
func (listKeysCommand) Run(s *settings, c *console) error {
	file, err := openKeys(s)
	if err != nil {
		return err
	}
	keys, err := file.Keys()
	for _, k := range keys {
		until := "for ever"
		if !k.Expires.IsZero() {
			until = "until " + k.Expires.Local().Format(time.DateTime)
			if time.Now().After(k.Expires) {
				until = "expired"
			}
		}
		scope := strings.Join(append(append([]string{}, k.Cities...), k.Tags...), ", ")
		c.printf("%s  %-8s  %s\n", k.ID, k.Role, strings.Join(cells(&k.Name, &scope, &until), ", "))
	}
	return err
}

// revokeKeyCommand revokes keys.
type revokeKeyCommand struct {
	IDs []string `arg:"" name:"id" help:"The keys' ids."`
}

// Run implements kong's command.
func (r revokeKeyCommand) Run(s *settings, c *console) error {
	file, err := openKeys(s)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range r.IDs {
		if err := file.Revoke(id); errors.Is(err, corpus.ErrNotFound) {
			failed = append(failed, err)
			continue
		} else if err != nil {
			return err
		}
		c.printf("revoked %s\n", id)
	}
	return errors.Join(failed...)
}
