package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"policykb/corpus"
)

// Setting returns a setting, "" for one never set.
func (c *Catalogue) Setting(ctx context.Context, name string) (value string, err error) {
	err = c.reader.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = ?`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, c.fault("read setting "+name, err)
}

// SetSetting keeps a setting.
func (c *Catalogue) SetSetting(ctx context.Context, name, value string) error {
	return c.write(ctx, "keep setting "+name, func(tx transaction) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
		return err
	})
}

// Vectors returns the cached embeddings of texts by one model.
func (c *Catalogue) Vectors(ctx context.Context, model string, textHashes []string) ([][]float32, error) {
	vectors := make([][]float32, len(textHashes))
	rows, err := c.reader.QueryContext(ctx, `SELECT wanted.key, v.vector FROM json_each(?) AS wanted
		CROSS JOIN vectors v ON v.model = ? AND v.text_hash = wanted.value`, encode(textHashes, "[]"), model)
	err = each(rows, err, func(row scanner) error {
		var i int
		var vector sql.RawBytes
		if err := row.Scan(&i, &vector); err != nil {
			return err
		}
		vectors[i] = unpack(vector)
		return nil
	})
	if err != nil {
		return nil, c.fault("read embeddings", err)
	}
	return vectors, nil
}

// SetVectors adds to the cache of embeddings.
func (c *Catalogue) SetVectors(ctx context.Context, model string, textHashes []string, vectors [][]float32) error {
	if len(textHashes) != len(vectors) {
		return fmt.Errorf("keep embeddings: %w: %d texts, %d vectors", corpus.ErrInvalid, len(textHashes), len(vectors))
	}
	for i, vector := range vectors {
		if len(vector) == 0 {
			return fmt.Errorf("keep embeddings: %w: vector %d is empty", corpus.ErrInvalid, i)
		}
	}
	return c.write(ctx, "keep embeddings", func(tx transaction) error {
		insert, err := tx.PrepareContext(ctx, `INSERT INTO vectors (model, text_hash, vector) VALUES (?, ?, ?)
			ON CONFLICT (model, text_hash) DO UPDATE SET vector = excluded.vector`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for i, hash := range textHashes {
			if _, err := insert.ExecContext(ctx, model, hash, pack(vectors[i])); err != nil {
				return err
			}
		}
		return nil
	})
}

// pack gives a vector as float32, little endian; unpack reads it.
func pack(vector []float32) []byte {
	b := make([]byte, 0, 4*len(vector))
	for _, x := range vector {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func unpack(b []byte) []float32 {
	vector := make([]float32, len(b)/4)
	for i := range vector {
		vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return vector
}
