package qdranttest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	api "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type points struct {
	api.UnimplementedPointsServer
	store *store
}

var completed = &api.UpdateResult{Status: api.UpdateStatus_Completed}

// Upsert implements the service.
func (s *points) Upsert(_ context.Context, r *api.UpsertPoints) (*api.PointsOperationResponse, error) {
	if !r.GetWait() {
		return nil, status.Error(codes.Unimplemented, "the test server does not implement changes that nobody waits for")
	}
	return &api.PointsOperationResponse{Result: completed}, s.store.upsert(r.GetCollectionName(), r.GetPoints())
}

// UpdateBatch implements the service.
func (s *points) UpdateBatch(_ context.Context, r *api.UpdateBatchPoints) (*api.UpdateBatchResponse, error) {
	if !r.GetWait() {
		return nil, status.Error(codes.Unimplemented, "the test server does not implement changes that nobody waits for")
	}
	response := &api.UpdateBatchResponse{}
	for _, operation := range r.GetOperations() {
		if err := s.update(r.GetCollectionName(), operation); err != nil {
			return nil, err
		}
		response.Result = append(response.Result, completed)
	}
	return response, nil
}

func (s *points) update(name string, operation *api.PointsUpdateOperation) error {
	switch o := operation.GetOperation().(type) {
	case *api.PointsUpdateOperation_Upsert:
		return s.store.upsert(name, o.Upsert.GetPoints())
	case *api.PointsUpdateOperation_DeletePoints_:
		return s.store.each(name, o.DeletePoints.GetPoints().GetFilter(), (*collection).drop)
	}
	return status.Errorf(codes.Unimplemented, "the test server does not implement %T", operation.GetOperation())
}

// CreateFieldIndex implements the service.
func (s *points) CreateFieldIndex(_ context.Context, r *api.CreateFieldIndexCollection) (*api.PointsOperationResponse, error) {
	return &api.PointsOperationResponse{Result: completed}, s.store.change(r.GetCollectionName(), func(c *collection) error {
		c.indexes[r.GetFieldName()] = r.GetFieldType()
		return nil
	})
}

// Query implements the service.
func (s *points) Query(_ context.Context, r *api.QueryPoints) (*api.QueryResponse, error) {
	response := &api.QueryResponse{}
	return response, s.store.read(r.GetCollectionName(), func(c *collection) (err error) {
		response.Result, err = c.nearest(r)
		return err
	})
}

// Get implements the service. Ids that are not there are left out.
func (s *points) Get(_ context.Context, r *api.GetPoints) (*api.GetResponse, error) {
	response := &api.GetResponse{}
	return response, s.store.read(r.GetCollectionName(), func(c *collection) error {
		for _, id := range r.GetIds() {
			if p := c.points[id.GetUuid()]; p != nil {
				response.Result = append(response.Result, &api.RetrievedPoint{Id: p.GetId(), Payload: payload(p, r.GetWithPayload()), Vectors: vectors(p, r.GetWithVectors())})
			}
		}
		return nil
	})
}

// QueryBatch implements the service. The queries see one state each, not all the same.
func (s *points) QueryBatch(ctx context.Context, r *api.QueryBatchPoints) (*api.QueryBatchResponse, error) {
	response := &api.QueryBatchResponse{}
	for _, q := range r.GetQueryPoints() {
		if q.GetCollectionName() != r.GetCollectionName() {
			return nil, status.Error(codes.InvalidArgument, "a query of a batch names another collection")
		}
		result, err := s.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		response.Result = append(response.Result, &api.BatchResult{Result: result.GetResult()})
	}
	return response, nil
}

// Count implements the service.
func (s *points) Count(_ context.Context, r *api.CountPoints) (*api.CountResponse, error) {
	response := &api.CountResponse{Result: &api.CountResult{}}
	return response, s.store.read(r.GetCollectionName(), func(c *collection) error {
		for _, p := range c.points {
			if lets(r.GetFilter(), p) {
				response.Result.Count++
			}
		}
		return nil
	})
}

// Facet implements the service.
func (s *points) Facet(_ context.Context, r *api.FacetCounts) (*api.FacetResponse, error) {
	response := &api.FacetResponse{}
	return response, s.store.read(r.GetCollectionName(), func(c *collection) error {
		if kind, ok := c.indexes[r.GetKey()]; !ok || kind != api.FieldType_FieldTypeKeyword {
			return status.Errorf(codes.InvalidArgument, "Wrong input: Index required but not found for %q of one of the following types: [keyword]", r.GetKey())
		}
		counts := make(map[string]uint64)
		for _, p := range c.points {
			if value, ok := p.GetPayload()[r.GetKey()]; ok && lets(r.GetFilter(), p) {
				counts[value.GetStringValue()]++
			}
		}
		values := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
			return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
		})
		for _, value := range values[:min(uint64(len(values)), r.GetLimit())] {
			response.Hits = append(response.Hits, &api.FacetHit{Value: api.NewFacetValue(value), Count: counts[value]})
		}
		return nil
	})
}
