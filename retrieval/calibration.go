package retrieval

import "fmt"

// Calibration is what depends on the embedder in use and is fitted on questions,
// by evaluate.Calibrate. The zero value is the sparse channel alone and the
// built-in threshold.
type Calibration struct {
	Fusion Fusion `json:"fusion"` // of the channels
	// Threshold is the confidence below which a question is declined, above 0 and
	// below 1; 0 means the built-in one.
	Threshold float64 `json:"threshold"`
}

// Check says what makes a calibration one that nothing can be answered by.
func (c Calibration) Check() error {
	switch {
	case !finite(c.Fusion.Sparse, c.Fusion.Dense) || c.Fusion.Sparse < 0 || c.Fusion.Dense < 0:
		return fmt.Errorf("the fusion weights are %v and %v, which must be numbers not below 0", c.Fusion.Sparse, c.Fusion.Dense)
	case !(c.Threshold >= 0 && c.Threshold < 1):
		return fmt.Errorf("the threshold is %v, which must be at least 0 and below 1", c.Threshold)
	}
	return nil
}
