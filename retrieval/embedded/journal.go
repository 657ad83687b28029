package embedded

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"policykb/corpus"
)

// journal lists the documents that changed after the snapshot was taken, in a
// file beside it, one quoted id a line. Where the process dies before the next
// snapshot, these are taken out of the one that is loaded, so that whoever
// compares Holdings with the catalogue puts them in again: a document whose
// metadata changed has the version and the number of passages it had before, and
// would not be noticed otherwise.
type journal struct {
	path    string
	file    *os.File            // nil while there is no snapshot to go with
	changed []corpus.DocumentID // since the last snapshot
}

// note adds a document. The line is with the operating system when note returns.
func (j *journal) note(doc corpus.DocumentID) error {
	j.changed = append(j.changed, doc)
	if j.file == nil {
		return nil
	}
	_, err := fmt.Fprintln(j.file, strconv.Quote(string(doc)))
	return err
}

// restart makes the file anew, for a snapshot that has all but the changed documents.
func (j *journal) restart(changed []corpus.DocumentID) error {
	j.close()
	j.changed = changed
	var lines strings.Builder
	for _, doc := range changed {
		fmt.Fprintln(&lines, strconv.Quote(string(doc)))
	}
	fresh := j.path + ".new"
	if err := os.WriteFile(fresh, []byte(lines.String()), 0o644); err != nil {
		return err
	}
	if err := os.Rename(fresh, j.path); err != nil {
		return err
	}
	var err error
	j.file, err = os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0o644)
	return err
}

func (j *journal) close() {
	if j.file != nil {
		j.file.Close()
		j.file = nil
	}
}

// readJournal returns the documents that a journal file lists; none where there
// is no file.
func readJournal(path string) ([]corpus.DocumentID, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var documents []corpus.DocumentID
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		doc, err := strconv.Unquote(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, len(documents)+1, errDamaged)
		}
		documents = append(documents, corpus.DocumentID(doc))
	}
	return documents, lines.Err()
}
