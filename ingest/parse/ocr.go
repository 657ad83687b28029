package parse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// longestRecognition is the time that recognising one picture may take. A page
// takes 10 to 20 s of a processor, which others may want too.
const longestRecognition = 5 * time.Minute

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

// read recognises the lines of a drawn page.
func (r *recogniser) read(ctx context.Context, picture image.Image) ([]Block, error) {
	var encoded bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&encoded, picture); err != nil {
		return nil, fmt.Errorf("hand the picture to tesseract: %w", err)
	}
	return r.recognise(ctx, encoded.Bytes(), "--dpi", fmt.Sprint(pictureDPI))
}

// recognise reads the lines of a picture in a file of any usual format, with the
// page of each where the file holds several. An empty line tells paragraphs apart.
func (r *recogniser) recognise(ctx context.Context, file []byte, settings ...string) ([]Block, error) {
	arguments := append([]string{"stdin", "stdout", "-l", r.languages}, settings...)
	said, err := child{
		program: r.program, arguments: arguments, input: file,
		environment: []string{"OMP_THREAD_LIMIT=1"}, longest: longestRecognition,
	}.run(ctx)
	if err != nil {
		return nil, err
	}
	var blocks []Block
	blank, page := 0, 1
	for l := range lines(strings.ToValidUTF8(string(said), "")) {
		text := l.text
		for strings.HasPrefix(text, "\f") {
			text = text[1:]
			page++
		}
		if text = strings.TrimSpace(strings.ReplaceAll(text, "\f", "")); text == "" {
			blank++
			continue
		}
		blocks = append(blocks, Block{Kind: Line, Text: text, Blank: blank, Page: page, Offset: -1})
		blank = 0
	}
	return blocks, nil
}
