package qdranttest

import (
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// implemented lists, by message, the fields that the server heeds, or that make
// no difference to one that is exact, alone and in memory. "*" means all.
var implemented = fields(map[string]string{
	"HealthCheckRequest":         "",
	"ListCollectionsRequest":     "",
	"ListAliasesRequest":         "",
	"GetCollectionInfoRequest":   "collection_name",
	"DeleteCollection":           "collection_name",
	"CreateCollection":           "collection_name metadata vectors_config sparse_vectors_config on_disk_payload quantization_config shard_number replication_factor write_consistency_factor",
	"UpdateCollection":           "collection_name quantization_config",
	"VectorsConfig":              "params_map",
	"VectorParamsMap":            "map",
	"VectorParams":               "size distance on_disk hnsw_config",
	"HnswConfigDiff":             "on_disk",
	"SparseVectorConfig":         "map",
	"SparseVectorParams":         "index modifier",
	"SparseIndexConfig":          "on_disk datatype",
	"QuantizationConfig":         "scalar binary",
	"QuantizationConfigDiff":     "scalar binary",
	"ScalarQuantization":         "*",
	"BinaryQuantization":         "always_ram",
	"ChangeAliases":              "actions",
	"AliasOperations":            "create_alias delete_alias",
	"CreateAlias":                "*",
	"DeleteAlias":                "*",
	"CreateFieldIndexCollection": "collection_name wait field_name field_type field_index_params",
	"PayloadIndexParams":         "integer_index_params",
	"IntegerIndexParams":         "lookup range",
	"UpsertPoints":               "collection_name wait points",
	"PointStruct":                "id vectors payload",
	"PointId":                    "uuid",
	"Value":                      "string_value integer_value bool_value list_value",
	"ListValue":                  "*",
	"Vectors":                    "vectors",
	"NamedVectors":               "vectors",
	"Vector":                     "dense sparse",
	"DenseVector":                "*",
	"SparseVector":               "*",
	"UpdateBatchPoints":          "collection_name wait operations",
	"PointsUpdateOperation":      "upsert delete_points",
	"PointStructList":            "points",
	"DeletePoints":               "points",
	"PointsSelector":             "filter",
	"Filter":                     "should must must_not",
	"Condition":                  "field has_id filter",
	"FieldCondition":             "key match range",
	"Match":                      "keyword boolean keywords",
	"RepeatedStrings":            "*",
	"Range":                      "*",
	"HasIdCondition":             "*",
	"QueryBatchPoints":           "collection_name query_points",
	"QueryPoints":                "collection_name query using filter params limit with_vectors with_payload read_consistency",
	"Query":                      "nearest",
	"VectorInput":                "dense sparse",
	"SearchParams":               "exact hnsw_ef quantization",
	"QuantizationSearchParams":   "*",
	"WithPayloadSelector":        "enable include",
	"PayloadIncludeSelector":     "*",
	"WithVectorsSelector":        "enable include",
	"VectorsSelector":            "*",
	"ReadConsistency":            "*",
	"GetPoints":                  "collection_name ids with_payload with_vectors read_consistency",
	"FacetCounts":                "collection_name key filter limit exact read_consistency",
	"CountPoints":                "collection_name filter exact read_consistency",
})

// fields splits the lists.
func fields(lists map[string]string) map[string]map[string]bool {
	split := make(map[string]map[string]bool, len(lists))
	for message, names := range lists {
		split[message] = make(map[string]bool)
		for name := range strings.FieldsSeq(names) {
			split[message][name] = true
		}
	}
	return split
}

// known refuses a request that says anything the server does not heed.
func known(request any) (err error) {
	message, ok := request.(proto.Message)
	if !ok {
		return status.Errorf(codes.Unimplemented, "a request of type %T is not implemented", request)
	}
	return knownMessage(message.ProtoReflect())
}

func knownMessage(m protoreflect.Message) (err error) {
	name := string(m.Descriptor().Name())
	heeded, ok := implemented[name]
	if !ok {
		return status.Errorf(codes.Unimplemented, "the test server does not implement %s", m.Descriptor().FullName())
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if !heeded["*"] && !heeded[string(field.Name())] {
			err = status.Errorf(codes.Unimplemented, "the test server does not implement %s", field.FullName())
			return false
		}
		switch {
		case field.IsMap() && field.MapValue().Message() != nil:
			value.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
				err = knownMessage(v.Message())
				return err == nil
			})
		case field.IsList() && field.Message() != nil:
			for i := 0; i < value.List().Len() && err == nil; i++ {
				err = knownMessage(value.List().Get(i).Message())
			}
		case !field.IsList() && !field.IsMap() && field.Message() != nil:
			err = knownMessage(value.Message())
		}
		return err == nil
	})
	return err
}
