package parse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// longestRecognition is the time that recognising one picture may take.
const longestRecognition = 2 * time.Minute

// recogniser is tesseract, which reads text from pictures.
type recogniser struct {
	program   string
	languages string // chi_sim+eng
}

var errNoRecogniser = errors.New("reading pictures needs tesseract with simplified Chinese: install the packages tesseract-ocr and tesseract-ocr-chi-sim")

// findRecogniser finds tesseract and its languages. It looks until it has found
// it, so that installing it needs no restart.
func findRecogniser() (*recogniser, error) {
	foundRecogniser.Lock()
	defer foundRecogniser.Unlock()
	if foundRecogniser.reader != nil {
		return foundRecogniser.reader, nil
	}
	program, err := exec.LookPath("tesseract")
	if err != nil {
		return nil, errNoRecogniser
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	listed, err := exec.CommandContext(ctx, program, "--list-langs").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w (%s does not run: %v)", errNoRecogniser, program, err)
	}
	languages := strings.Fields(string(listed))
	if !slices.Contains(languages, "chi_sim") {
		return nil, errNoRecogniser
	}
	r := &recogniser{program: program, languages: "chi_sim"}
	if slices.Contains(languages, "eng") {
		r.languages += "+eng"
	}
	foundRecogniser.reader = r
	return r, nil
}

var foundRecogniser struct {
	sync.Mutex
	reader *recogniser
}

// read recognises the lines of a picture. An empty line tells paragraphs apart.
func (r *recogniser) read(ctx context.Context, picture image.Image) ([]Block, error) {
	var encoded bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&encoded, picture); err != nil {
		return nil, fmt.Errorf("hand the picture to tesseract: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, longestRecognition)
	defer cancel()
	command := exec.CommandContext(limited, r.program, "stdin", "stdout", "-l", r.languages, "--dpi", fmt.Sprint(pictureDPI))
	command.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	command.Stdin = &encoded
	command.WaitDelay = time.Second
	var said, complained bytes.Buffer
	command.Stdout, command.Stderr = &said, &limit{&complained, 2000}
	if err := command.Run(); err != nil {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case limited.Err() != nil:
			return nil, refuse(CodeTooLarge, "recognising the picture was given up after %s", longestRecognition)
		}
		return nil, refuse(CodeDamaged, "tesseract cannot read the picture: %s", strings.Join(strings.Fields(complained.String()), " "))
	}
	var blocks []Block
	blank := 0
	for l := range lines(strings.ToValidUTF8(strings.ReplaceAll(said.String(), "\f", "\n"), "")) {
		if strings.TrimSpace(l.text) == "" {
			blank++
			continue
		}
		blocks = append(blocks, Block{Kind: Line, Text: strings.TrimSpace(l.text), Blank: blank, Offset: -1})
		blank = 0
	}
	return blocks, nil
}

// limit passes on as many bytes as it may and swallows the rest.
type limit struct {
	to   io.Writer
	left int
}

func (l *limit) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	if _, err := l.to.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}
