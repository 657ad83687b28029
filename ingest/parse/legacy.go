package parse

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/richardlehane/mscfb"
)

// longestConversion is the time that LibreOffice or antiword may take.
const longestConversion = 2 * time.Minute

// parseOLE reads the binary files of Word, WPS, Excel and PowerPoint of before
// 2007 by turning them into their successors.
func parseOLE(ctx context.Context, _ string, data []byte) (Document, error) {
	kind, err := oleKind(data)
	if err != nil {
		return Document{}, err
	}
	if kind.to == "docx" {
		if office, err := exec.LookPath("antiword"); err == nil && !haveOffice() {
			return antiword(ctx, office, data)
		}
	}
	return convert(ctx, data, kind)
}

// parseRTF reads rich text.
func parseRTF(ctx context.Context, _ string, data []byte) (Document, error) {
	return convert(ctx, data, oldKind{"rich text (RTF)", "rtf", "docx", FormatRTF})
}

// parseOpen reads spreadsheets and presentations of OpenDocument.
func parseOpen(ctx context.Context, _ string, data []byte) (Document, error) {
	if _, err := openArchive(data); err != nil {
		return Document{}, err
	}
	kind := oldKind{"an OpenDocument spreadsheet", "ods", "xlsx", FormatOpen}
	if strings.Contains(firstMember(data), "presentation") {
		kind = oldKind{"an OpenDocument presentation", "odp", "pptx", FormatOpen}
	}
	return convert(ctx, data, kind)
}

// oldKind is a format that is read through another one.
type oldKind struct {
	name     string // for people
	from, to string // endings of the file as it is and as it is read
	format   Format
}

// oleKind tells by its streams what a compound file holds.
func oleKind(data []byte) (oldKind, error) {
	r, err := mscfb.New(bytes.NewReader(data))
	if err != nil {
		return oldKind{}, refuse(CodeDamaged, "the file is damaged, or not whole: %v", err)
	}
	for range mostMembers {
		entry, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return oldKind{}, refuse(CodeDamaged, "the file is damaged: %v", err)
		}
		switch entry.Name {
		case "EncryptedPackage":
			return oldKind{}, refuse(CodeEncrypted, "the document is protected by a password")
		case "WordDocument":
			// The flags at offset 10 say whether the text is encrypted.
			var head [12]byte
			if _, err := io.ReadFull(entry, head[:]); err == nil && head[11]&1 != 0 {
				return oldKind{}, refuse(CodeEncrypted, "the document is protected by a password")
			}
			return oldKind{"a Word document of before 2007", "doc", "docx", FormatOLE}, nil
		case "Workbook", "Book":
			return oldKind{"an Excel workbook of before 2007", "xls", "xlsx", FormatOLE}, nil
		case "PowerPoint Document":
			return oldKind{"a PowerPoint presentation of before 2007", "ppt", "pptx", FormatOLE}, nil
		}
	}
	return oldKind{}, refuse(CodeUnsupported, "the content is a compound file of Microsoft, but no Word, Excel or PowerPoint document")
}

// officePrograms are the names under which LibreOffice is installed.
var officePrograms = []string{"soffice", "libreoffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice"}

func findOffice() (string, bool) {
	for _, name := range officePrograms {
		if program, err := exec.LookPath(name); err == nil {
			return program, true
		}
	}
	return "", false
}

func haveOffice() bool {
	_, ok := findOffice()
	return ok
}

// convert reads a document after LibreOffice has turned it into another format.
func convert(ctx context.Context, data []byte, kind oldKind) (doc Document, err error) {
	office, ok := findOffice()
	if !ok {
		packages := "libreoffice"
		if kind.from == "doc" {
			packages = "libreoffice (or antiword, which reads the text alone)"
		}
		return Document{}, refuse(CodeNeedsProgram, "the content is %s, which is read with the help of LibreOffice: install the package %s", kind.name, packages)
	}
	folder, err := os.MkdirTemp("", "policykb-convert-")
	if err != nil {
		return Document{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	source := filepath.Join(folder, "source."+kind.from)
	if err := os.WriteFile(source, data, 0o600); err != nil {
		return Document{}, err
	}
	// A profile of its own lets several run side by side, and keeps the user's macros away.
	_, err = child{program: office, folder: folder, longest: longestConversion, arguments: []string{
		"-env:UserInstallation=file://" + filepath.ToSlash(filepath.Join(folder, "profile")),
		"--headless", "--norestore", "--convert-to", kind.to, "--outdir", filepath.Join(folder, "out"), source,
	}}.run(ctx)
	if err != nil {
		return Document{}, err
	}
	turned, err := os.ReadFile(filepath.Join(folder, "out", "source."+kind.to))
	if errors.Is(err, os.ErrNotExist) {
		return Document{}, refuse(CodeDamaged, "LibreOffice cannot read the file: it is damaged, or protected by a password")
	}
	if err != nil {
		return Document{}, err
	}
	read := map[string]parser{"docx": parseDOCX, "xlsx": parseXLSX, "pptx": parsePPTX}[kind.to]
	doc, err = read(ctx, "", turned)
	doc.Format = kind.format
	return doc, err
}

// antiword reads the text of a Word document of before 2007. Its tables come out
// as lines of cells.
func antiword(ctx context.Context, program string, data []byte) (Document, error) {
	file, err := os.CreateTemp("", "policykb-*.doc") // antiword reads no stream
	if err != nil {
		return Document{}, err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Close())
	var said []byte
	if err == nil {
		said, err = child{program: program, arguments: []string{"-m", "UTF-8.txt", "-w", "0", file.Name()}, longest: longestConversion}.run(ctx)
	}
	if err := errors.Join(err, os.Remove(file.Name())); err != nil {
		return Document{}, err
	}
	doc := Document{Format: FormatOLE, Warnings: []string{"the document was read without its styles, by antiword; LibreOffice keeps them"}}
	for l := range lines(strings.ToValidUTF8(string(said), "")) {
		text := strings.TrimSpace(strings.ReplaceAll(l.text, "\f", ""))
		if text == "" {
			continue
		}
		b := Block{Kind: Paragraph, Text: text, Offset: -1}
		if strings.HasPrefix(text, "|") && strings.HasSuffix(text, "|") && len(text) > 1 {
			b.Kind, b.Cells = Row, cells(text)
			b.Text = rowOf(b.Cells)
		}
		doc.Blocks = append(doc.Blocks, b)
	}
	return doc, nil
}
