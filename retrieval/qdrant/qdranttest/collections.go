package qdranttest

import (
	"context"
	"maps"
	"slices"

	api "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

type collections struct {
	api.UnimplementedCollectionsServer
	store *store
}

// Get implements the service.
func (s *collections) Get(_ context.Context, r *api.GetCollectionInfoRequest) (*api.GetCollectionInfoResponse, error) {
	response := &api.GetCollectionInfoResponse{}
	return response, s.store.read(r.GetCollectionName(), func(c *collection) error {
		response.Result = &api.CollectionInfo{
			Status:      api.CollectionStatus_Green,
			PointsCount: proto.Uint64(uint64(int64(len(c.points)) + s.store.pretended.Load())),
			Config: &api.CollectionConfig{
				Metadata: c.made.GetMetadata(), QuantizationConfig: c.made.GetQuantizationConfig(),
				Params: &api.CollectionParams{
					VectorsConfig: c.made.GetVectorsConfig(), SparseVectorsConfig: c.made.GetSparseVectorsConfig(),
					ShardNumber: max(1, c.made.GetShardNumber()), OnDiskPayload: c.made.GetOnDiskPayload(),
					ReplicationFactor: c.made.ReplicationFactor, WriteConsistencyFactor: c.made.WriteConsistencyFactor,
				},
			},
		}
		return nil
	})
}

// List implements the service.
func (s *collections) List(context.Context, *api.ListCollectionsRequest) (*api.ListCollectionsResponse, error) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	response := &api.ListCollectionsResponse{}
	for _, name := range slices.Sorted(maps.Keys(s.store.collections)) {
		response.Collections = append(response.Collections, &api.CollectionDescription{Name: name})
	}
	return response, nil
}

var done = &api.CollectionOperationResponse{Result: true}

// Create implements the service.
func (s *collections) Create(_ context.Context, r *api.CreateCollection) (*api.CollectionOperationResponse, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	name := r.GetCollectionName()
	if s.store.collections[name] != nil {
		return nil, status.Errorf(codes.AlreadyExists, "Wrong input: Collection `%s` already exists!", name)
	}
	s.store.collections[name] = newCollection(r)
	return done, nil
}

// Update implements the service.
func (s *collections) Update(_ context.Context, r *api.UpdateCollection) (*api.CollectionOperationResponse, error) {
	return done, s.store.change(r.GetCollectionName(), func(c *collection) error {
		made := proto.Clone(c.made).(*api.CreateCollection)
		made.QuantizationConfig = &api.QuantizationConfig{}
		switch q := r.GetQuantizationConfig().GetQuantization().(type) {
		case *api.QuantizationConfigDiff_Scalar:
			made.QuantizationConfig.Quantization = &api.QuantizationConfig_Scalar{Scalar: q.Scalar}
		case *api.QuantizationConfigDiff_Binary:
			made.QuantizationConfig.Quantization = &api.QuantizationConfig_Binary{Binary: q.Binary}
		}
		c.made = made
		return nil
	})
}

// Delete implements the service.
func (s *collections) Delete(_ context.Context, r *api.DeleteCollection) (*api.CollectionOperationResponse, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	delete(s.store.collections, r.GetCollectionName())
	maps.DeleteFunc(s.store.aliases, func(_, target string) bool { return target == r.GetCollectionName() })
	return done, nil
}

// UpdateAliases implements the service.
func (s *collections) UpdateAliases(_ context.Context, r *api.ChangeAliases) (*api.CollectionOperationResponse, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	aliases := maps.Clone(s.store.aliases)
	for _, action := range r.GetActions() {
		switch a := action.GetAction().(type) {
		case *api.AliasOperations_CreateAlias:
			if s.store.collections[a.CreateAlias.GetCollectionName()] == nil {
				return nil, status.Errorf(codes.NotFound, "Not found: Collection `%s` doesn't exist!", a.CreateAlias.GetCollectionName())
			}
			aliases[a.CreateAlias.GetAliasName()] = a.CreateAlias.GetCollectionName()
		case *api.AliasOperations_DeleteAlias:
			delete(aliases, a.DeleteAlias.GetAliasName())
		}
	}
	s.store.aliases = aliases
	return done, nil
}

// ListAliases implements the service.
func (s *collections) ListAliases(context.Context, *api.ListAliasesRequest) (*api.ListAliasesResponse, error) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	response := &api.ListAliasesResponse{}
	for _, alias := range slices.Sorted(maps.Keys(s.store.aliases)) {
		response.Aliases = append(response.Aliases, &api.AliasDescription{AliasName: alias, CollectionName: s.store.aliases[alias]})
	}
	return response, nil
}
