package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"policykb/retrieval"
	"policykb/retrieval/evaluate"
)

// fitted is a calibration as it is kept beside the index, by the embedder's model:
// an index that goes over to another embedder and back finds its own again.
type fitted struct {
	retrieval.Calibration
	Questions int       `json:"questions"` // that it was fitted to
	At        time.Time `json:"at"`
}

// readCalibration gives what was fitted for the embedder, or what holds as long as
// nothing was.
func readCalibration(s *settings, model string) (retrieval.Calibration, error) {
	all, err := readCalibrations(s.calibrationPath())
	if err != nil {
		return retrieval.Calibration{}, err
	}
	if own, ok := all[model]; ok {
		return own.Calibration, nil
	}
	return retrieval.Calibration{Fusion: s.fusion()}, nil
}

func readCalibrations(path string) (map[string]fitted, error) {
	all := make(map[string]fitted)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the calibration: %w", err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("read the calibration %s: %w; remove the file, or calibrate again", path, err)
	}
	for model, f := range all {
		if err := f.Check(); err != nil {
			return nil, fmt.Errorf("the calibration %s of %s: %w; remove the file, and calibrate again", path, model, err)
		}
	}
	return all, nil
}

// keepCalibration writes what was fitted for a model, and leaves what was for others.
func keepCalibration(path, model string, f fitted) error {
	all, err := readCalibrations(path)
	if err != nil {
		return err
	}
	all[model] = f
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	next := path + ".new"
	if err := os.WriteFile(next, append(text, '\n'), 0o640); err != nil {
		return fmt.Errorf("keep the calibration: %w", err)
	}
	return os.Rename(next, path)
}

// calibrate fits the weights and the threshold, keeps them with the index and goes
// on with them.
func (e evalCommand) calibrate(ctx context.Context, s *settings, b *base, questions []evaluate.Question, c *console) error {
	fit, err := evaluate.Calibrate(ctx, b.catalogue, questions, func(calibration retrieval.Calibration) evaluate.Service {
		config := b.config
		config.Calibration = calibration
		return retrieval.New(config)
	})
	if err != nil {
		return err
	}
	kept := fitted{Calibration: fit.Chosen, Questions: fit.Fitted, At: time.Now().UTC().Truncate(time.Second)}
	if err := keepCalibration(s.calibrationPath(), b.embedder.Model(), kept); err != nil {
		return err
	}
	b.config.Calibration = fit.Chosen
	b.answers = retrieval.New(b.config)
	if e.JSON {
		return nil
	}
	if err := fit.WriteTable(c.out); err != nil {
		return err
	}
	c.printf("kept for %s in %s\n\n", b.embedder.Model(), s.calibrationPath())
	return nil
}
