package ingest

import (
	"context"
	"encoding/json"
)

// recall reads into what the catalogue was told to remember under a name, and
// leaves it as it is where that is nothing.
func (p *Pipeline) recall(ctx context.Context, name string, into any) error {
	kept, err := p.catalogue.Setting(ctx, name)
	if err != nil || kept == "" {
		return err
	}
	return json.Unmarshal([]byte(kept), into)
}

// remember keeps a value in the catalogue, so that it outlives a restart.
func (p *Pipeline) remember(ctx context.Context, name string, value any) error {
	kept, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return p.catalogue.SetSetting(ctx, name, string(kept))
}
