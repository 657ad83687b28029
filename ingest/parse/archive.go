package parse

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
)

// What an archive may unpack to. Office documents compress some twenty times,
// tables of equal rows a hundred times; what promises more is a bomb.
const (
	mostMembers   = 20_000
	mostUnpacked  = 512 << 20
	mostRatio     = 250
	smallUnpacked = 8 << 20 // below it no ratio is suspicious
)

// archive is a ZIP file that has been found harmless.
type archive struct {
	members map[string]*zip.File
	list    []*zip.File
}

// openArchive reads the list of an archive and refuses one that would unpack to
// too much. What the list says of a member's size is held against it on reading.
func openArchive(data []byte) (*archive, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, refuse(CodeDamaged, "the archive is damaged, or not whole: %v", err)
	}
	if len(r.File) > mostMembers {
		return nil, refuse(CodeTooLarge, "the archive has %d members; at most %d are read", len(r.File), mostMembers)
	}
	a := &archive{members: make(map[string]*zip.File, len(r.File)), list: r.File}
	var unpacked uint64
	for _, f := range r.File {
		unpacked += min(f.UncompressedSize64, mostUnpacked+1)
		if f.Flags&1 != 0 {
			return nil, refuse(CodeEncrypted, "the archive is protected by a password")
		}
		if _, twice := a.members[f.Name]; !twice {
			a.members[f.Name] = f
		}
	}
	if unpacked > mostUnpacked {
		return nil, refuse(CodeTooLarge, "the archive unpacks to more than %d MB", mostUnpacked>>20)
	}
	if unpacked > smallUnpacked && unpacked/mostRatio > uint64(len(data)) {
		return nil, refuse(CodeTooLarge, "the archive unpacks to %d times its size, as only a bomb does", unpacked/uint64(len(data)))
	}
	return a, nil
}

// has reports whether the archive holds a member.
func (a *archive) has(name string) bool { return a.members[name] != nil }

// open reads a member as a stream that ends with the context.
func (a *archive) open(ctx context.Context, name string) (io.ReadCloser, error) {
	f := a.members[name]
	if f == nil {
		return nil, refuse(CodeDamaged, "the file lacks its part %s", name)
	}
	return openMember(ctx, f)
}

func openMember(ctx context.Context, f *zip.File) (io.ReadCloser, error) {
	r, err := f.Open()
	if err != nil {
		return nil, refuse(CodeDamaged, "the part %s of the archive is damaged: %v", f.Name, err)
	}
	return &member{ctx, r, f.Name}, nil
}

// member is a stream of a member whose errors are refusals.
type member struct {
	ctx  context.Context
	from io.ReadCloser
	name string
}

func (m *member) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = refuse(CodeDamaged, "the part %s of the archive is damaged: %v", m.name, err)
	}
	return n, err
}

func (m *member) Close() error { return m.from.Close() }

// read gives the whole of a member of at most so many bytes.
func readMember(ctx context.Context, f *zip.File, most int64) ([]byte, error) {
	if f.UncompressedSize64 > uint64(most) {
		return nil, refuse(CodeTooLarge, "the part %s unpacks to %d MB; at most %d MB are read", f.Name, f.UncompressedSize64>>20, most>>20)
	}
	r, err := openMember(ctx, f)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	return data, nil
}

// firstMember gives the content of a stored first member, by which packages of
// documents name their format: mimetype.
func firstMember(data []byte) string {
	const header = 30
	if len(data) < header || !bytes.HasPrefix(data[header:], []byte("mimetype")) {
		return ""
	}
	content := data[header+len("mimetype"):]
	if extra := int(data[28]) | int(data[29])<<8; extra <= len(content) {
		content = content[extra:]
	}
	if end := bytes.Index(content, []byte("PK")); end >= 0 {
		content = content[:end]
	}
	return strings.TrimSpace(string(content[:min(len(content), 80)]))
}
