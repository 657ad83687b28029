package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// pool is a pool of connections with the queries that recur, compiled.
type pool struct {
	*sql.DB
	compiled map[string]*sql.Stmt // by query
}

// compile prepares queries, once for each connection.
func (p *pool) compile(ctx context.Context, queries ...string) error {
	p.compiled = make(map[string]*sql.Stmt, len(queries))
	for _, query := range queries {
		stmt, err := p.PrepareContext(ctx, query)
		if err != nil {
			return fmt.Errorf("compile %q: %w", query, err)
		}
		p.compiled[query] = stmt
	}
	return nil
}

// transaction is a transaction in which a query that recurs is not compiled anew:
// for the short ones that takes longer than to run them.
type transaction struct {
	*sql.Tx
	compiled map[string]*sql.Stmt
}

func (t transaction) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := t.compiled[query]; stmt != nil {
		return t.StmtContext(ctx, stmt).QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

func (t transaction) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if stmt := t.compiled[query]; stmt != nil {
		return t.StmtContext(ctx, stmt).QueryRowContext(ctx, args...)
	}
	return t.Tx.QueryRowContext(ctx, query, args...)
}

func (t transaction) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if stmt := t.compiled[query]; stmt != nil {
		return t.StmtContext(ctx, stmt).ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, query, args...)
}

// write runs f in a transaction, which is on the disk when write returns nil.
func (c *Catalogue) write(ctx context.Context, doing string, f func(transaction) error) error {
	return c.fault(doing, c.writer.transact(ctx, false, f))
}

// read runs f on one state of the catalogue.
func (c *Catalogue) read(ctx context.Context, doing string, f func(transaction) error) error {
	return c.fault(doing, c.reader.transact(ctx, true, f))
}

func (p *pool) transact(ctx context.Context, readOnly bool, f func(transaction) error) error {
	tx, err := p.BeginTx(ctx, &sql.TxOptions{ReadOnly: readOnly})
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	if err := f(transaction{tx, p.compiled}); err != nil {
		return err
	}
	return tx.Commit()
}
