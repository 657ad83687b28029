// Package starter holds the sample corpus: digests, in our own words, of real
// policies of Chinese cities, with a few national texts and two in English. It
// is what a new knowledge base begins with, so that the first question can be
// asked before the first document is added.
//
// Each document is Markdown with front matter in YAML: the fields of
// corpus.Metadata, and source, which names the text that the facts are from.
// Every document is of the kind digest: it points to its source and is no
// substitute for it.
package starter

import (
	"embed"
	"io/fs"
	"iter"
)

//go:embed documents/*.md
var documents embed.FS

// Documents yields the documents by name, in the order of names.
func Documents() iter.Seq2[string, []byte] {
	return func(yield func(name string, text []byte) bool) {
		entries, err := fs.ReadDir(documents, "documents")
		if err != nil {
			panic("starter: the embedded folder cannot be listed: " + err.Error())
		}
		for _, e := range entries {
			text, err := fs.ReadFile(documents, "documents/"+e.Name())
			if err != nil {
				panic("starter: an embedded document cannot be read: " + err.Error())
			}
			if !yield(e.Name(), text) {
				return
			}
		}
	}
}
