package qdrant

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	api "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"policykb/retrieval"
)

// ErrMismatch says that an index was made with another embedder, other terms or
// by another program, so that this one cannot search it.
var ErrMismatch = errors.New("the index was made otherwise")

// schema numbers the way in which points are laid out. Whoever changes what a
// point holds raises it.
const schema = 1

// quantizeAbove is the number of points from which on vectors are quantized
// unless the options say otherwise: below, all vectors fit in little memory.
const quantizeAbove = 100_000

// indexed are the payload fields that filters look at, each with the index that
// serves it. Days of issue are whole numbers, not date-times, since a document
// may be known to be of a year or a month only.
var indexed = map[string]api.FieldType{
	fieldDocument: api.FieldType_FieldTypeKeyword,
	fieldSet:      api.FieldType_FieldTypeKeyword,
	fieldCity:     api.FieldType_FieldTypeKeyword,
	fieldProvince: api.FieldType_FieldTypeKeyword,
	fieldDistrict: api.FieldType_FieldTypeKeyword,
	fieldIssuer:   api.FieldType_FieldTypeKeyword,
	fieldKind:     api.FieldType_FieldTypeKeyword,
	fieldStatus:   api.FieldType_FieldTypeKeyword,
	fieldLanguage: api.FieldType_FieldTypeKeyword,
	fieldTags:     api.FieldType_FieldTypeKeyword,
	fieldJournal:  api.FieldType_FieldTypeKeyword,

	fieldIssuedFirst: api.FieldType_FieldTypeInteger,
	fieldIssuedLast:  api.FieldType_FieldTypeInteger,
	fieldSlice:       api.FieldType_FieldTypeInteger,

	fieldFirst: api.FieldType_FieldTypeBool,
}

// layout is what must be equal for an index to be searched. It is kept in the
// collection's metadata.
type layout struct {
	Model      string
	Dimensions int
	Terms      int // retrieval.TermVersion
	Schema     int
}

// Names of the entries of a collection's metadata.
const (
	metaApplication = "application"
	metaModel       = "embedder"
	metaDimensions  = "dimensions"
	metaTerms       = "terms"
	metaSchema      = "schema"

	application = "policykb"
)

// layout is the one that the options ask for.
func (x *Index) layout() layout {
	return layout{Model: x.options.Model, Dimensions: x.options.Dimensions, Terms: retrieval.TermVersion, Schema: schema}
}

// String implements fmt.Stringer.
func (l layout) String() string {
	embedder := "no embedder"
	if l.Dimensions > 0 {
		embedder = fmt.Sprintf("the embedder %s (%d dimensions)", l.Model, l.Dimensions)
	}
	return fmt.Sprintf("%s, terms %d and schema %d", embedder, l.Terms, l.Schema)
}

// metadata is the layout as a collection keeps it.
func (l layout) metadata() map[string]*api.Value {
	return map[string]*api.Value{
		metaApplication: api.NewValueString(application),
		metaModel:       api.NewValueString(l.Model),
		metaDimensions:  api.NewValueInt(int64(l.Dimensions)),
		metaTerms:       api.NewValueInt(int64(l.Terms)),
		metaSchema:      api.NewValueInt(int64(l.Schema)),
	}
}

// layoutOf reads a collection's metadata; ok is false where policykb did not write it.
func layoutOf(info *api.CollectionInfo) (l layout, ok bool) {
	m := info.GetConfig().GetMetadata()
	return layout{
		Model:      m[metaModel].GetStringValue(),
		Dimensions: int(m[metaDimensions].GetIntegerValue()),
		Terms:      int(m[metaTerms].GetIntegerValue()),
		Schema:     int(m[metaSchema].GetIntegerValue()),
	}, m[metaApplication].GetStringValue() == application
}

// matches reports in which way a collection is not of the layout.
func (l layout) matches(collection string, info *api.CollectionInfo) error {
	have, ok := layoutOf(info)
	switch {
	case !ok:
		return fmt.Errorf("the collection %s was not made by policykb; name another in --engine: %w", collection, ErrMismatch)
	case have != l:
		return fmt.Errorf("%w: the collection %s has %s, the settings ask for %s; run policykb reindex with these settings, or go back to those", ErrMismatch, collection, have, l)
	}
	return nil
}

// info describes a collection.
func (c *connection) info(ctx context.Context, collection string) (info *api.CollectionInfo, err error) {
	err = c.read(ctx, "look at the collection "+collection, func(ctx context.Context) error {
		info, err = c.GetCollectionInfo(ctx, collection)
		return err
	})
	return info, err
}

// live returns the collection behind the alias, "" where there is no alias.
func (x *Index) live(ctx context.Context) (collection string, err error) {
	err = x.server.read(ctx, "look up the alias", func(ctx context.Context) error {
		aliases, err := x.server.ListAliases(ctx)
		for _, a := range aliases {
			if a.GetAliasName() == x.options.Collection {
				collection = a.GetCollectionName()
			}
		}
		return err
	})
	return collection, err
}

// numbered returns the collections of this index by their numbers: the alias's
// name with a number behind it.
func (x *Index) numbered(ctx context.Context) (numbers map[int]string, err error) {
	err = x.server.read(ctx, "list the collections", func(ctx context.Context) error {
		names, err := x.server.ListCollections(ctx)
		numbers = make(map[int]string)
		for _, name := range names {
			if name == x.options.Collection {
				return fmt.Errorf("a collection is called %s, which policykb would use as an alias; name another in --engine", name)
			}
			if n, ok := x.numberOf(name); ok {
				numbers[n] = name
			}
		}
		return err
	})
	return numbers, err
}

func (x *Index) nameOf(number int) string { return x.options.Collection + "-" + strconv.Itoa(number) }

func (x *Index) numberOf(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, x.options.Collection+"-")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && x.nameOf(n) == name
}

// first makes the first collection and the alias, and goes on where making them
// was cut off before.
func (x *Index) first(ctx context.Context) (string, error) {
	numbers, err := x.numbered(ctx)
	if err != nil {
		return "", err
	}
	if len(numbers) > 1 || len(numbers) == 1 && numbers[1] == "" {
		return "", fmt.Errorf("no alias %s says which of its %d collections is the index; set one, or run policykb reindex", x.options.Collection, len(numbers))
	}
	name := x.nameOf(1)
	if err := x.create(ctx, name); err != nil {
		return "", err
	}
	return name, x.server.write(ctx, "set the alias", func(ctx context.Context) error {
		return x.server.CreateAlias(ctx, x.options.Collection, name)
	})
}

// create makes a collection with the indexes of its payload. What is there already is kept.
func (x *Index) create(ctx context.Context, name string) error {
	err := x.server.write(ctx, "make the collection "+name, func(ctx context.Context) error {
		err := x.server.CreateCollection(ctx, x.blueprint(name))
		if status.Code(err) == codes.AlreadyExists {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	for field, kind := range indexed {
		request := &api.CreateFieldIndexCollection{CollectionName: name, Wait: api.PtrOf(true), FieldName: field, FieldType: api.PtrOf(kind)}
		if kind == api.FieldType_FieldTypeInteger { // ranges are all that is asked
			request.FieldIndexParams = api.NewPayloadIndexParamsInt(&api.IntegerIndexParams{Lookup: api.PtrOf(false), Range: api.PtrOf(true)})
		}
		err := x.server.write(ctx, "index the field "+field, func(ctx context.Context) error {
			_, err := x.server.CreateFieldIndex(ctx, request)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// blueprint is the collection that the options ask for.
func (x *Index) blueprint(name string) *api.CreateCollection {
	o := &x.options
	c := &api.CreateCollection{
		CollectionName: name,
		Metadata:       x.layout().metadata(),
		SparseVectorsConfig: api.NewSparseVectorsConfig(map[string]*api.SparseVectorParams{sparseVector: {
			// Half the memory; weights are at most 2 and need no more digits.
			Index:    &api.SparseIndexConfig{OnDisk: &o.OnDisk, Datatype: api.PtrOf(api.Datatype_Float16)},
			Modifier: api.PtrOf(api.Modifier_Idf),
		}}),
		OnDiskPayload:      api.PtrOf(true), // what filters look at is in the indexes
		QuantizationConfig: quantization(o.Quantization),
	}
	dense := make(map[string]*api.VectorParams)
	if o.Dimensions > 0 {
		dense[denseVector] = &api.VectorParams{
			Size: uint64(o.Dimensions), Distance: api.Distance_Cosine, OnDisk: &o.OnDisk,
			HnswConfig: &api.HnswConfigDiff{OnDisk: &o.OnDisk},
		}
	}
	c.VectorsConfig = api.NewVectorsConfigMap(dense)
	if o.Shards > 0 {
		c.ShardNumber = api.PtrOf(uint32(o.Shards))
	}
	if o.Replicas > 0 {
		c.ReplicationFactor = api.PtrOf(uint32(o.Replicas))
		c.WriteConsistencyFactor = api.PtrOf(uint32(o.Replicas))
	}
	if o.WriteConsistency > 0 {
		c.WriteConsistencyFactor = api.PtrOf(uint32(o.WriteConsistency))
	}
	return c
}

// quantization is how a collection begins; nil means without.
func quantization(q Quantization) *api.QuantizationConfig {
	switch q {
	case QuantizationInt8:
		return api.NewQuantizationScalar(int8Quantization())
	case QuantizationBinary:
		return api.NewQuantizationBinary(&api.BinaryQuantization{AlwaysRam: api.PtrOf(true)})
	}
	return nil
}

// int8Quantization keeps a byte of each component in memory; the outermost
// hundredth of values is cut off, as Qdrant advises.
func int8Quantization() *api.ScalarQuantization {
	return &api.ScalarQuantization{Type: api.QuantizationType_Int8, Quantile: api.PtrOf(float32(0.99)), AlwaysRam: api.PtrOf(true)}
}

// quantize makes the server quantize the vectors of a collection that has grown
// large, unless the options say otherwise. It does so in the background.
func (x *Index) quantize(ctx context.Context, collection string, info *api.CollectionInfo) error {
	if x.options.Quantization != QuantizationAuto || x.options.Dimensions == 0 ||
		info.GetPointsCount() < quantizeAbove || info.GetConfig().GetQuantizationConfig() != nil {
		return nil
	}
	x.options.Logger.InfoContext(ctx, "Qdrant begins to quantize the vectors, which are many now", "collection", collection, "points", info.GetPointsCount())
	return x.server.write(ctx, "have the vectors quantized", func(ctx context.Context) error {
		return x.server.UpdateCollection(ctx, &api.UpdateCollection{
			CollectionName: collection, QuantizationConfig: api.NewQuantizationDiffScalar(int8Quantization()),
		})
	})
}
