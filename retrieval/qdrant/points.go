package qdrant

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"math"
	"strconv"
	"strings"

	"github.com/google/uuid"
	api "github.com/qdrant/go-client/qdrant"

	"policykb/corpus"
	"policykb/retrieval"
)

// Names of the vectors of a point.
const (
	denseVector  = "dense"
	sparseVector = "terms"
)

// Names of the fields of a point's payload. The text is not among them: the
// catalogue has it.
const (
	fieldPassage  = "passage"
	fieldDocument = "document"
	fieldVersion  = "version"
	fieldSet      = "set"     // see setOf
	fieldFirst    = "first"   // on one point of each set, so that documents can be counted
	fieldSlice    = "slice"   // a number below sliceCount, by document, so that documents can be read in pages
	fieldJournal  = "journal" // the one field of a journal point; see journalPoint

	fieldCity        = "city"
	fieldProvince    = "province"
	fieldDistrict    = "district"
	fieldIssuer      = "issuer"
	fieldKind        = "kind"
	fieldStatus      = "status"
	fieldLanguage    = "language"
	fieldTags        = "tags"
	fieldIssuedFirst = "issued_first" // the day of issue as a number: 20230523; see corpus.Date.Ordinal
	fieldIssuedLast  = "issued_last"  // where only the month or year is known, its last day; see corpus.Date.LastOrdinal
)

// sliceCount is the number of slices that documents are dealt into.
const sliceCount = 1 << 16

// space is the name space of point ids.
var space = uuid.MustParse("0c2a4d0e-7a0b-5f2e-9a5b-7f1f5d2f6b11")

// set names the points of one replacement: version/number of points/digest/document.
// The digest is of all they hold, so that the same replacement again makes the same
// set and another one never touches its points.
type set string

func setOf(doc corpus.DocumentID, version int, points []retrieval.Point) set {
	sum := sha256.New()
	for i := range points {
		digest(sum, &points[i])
	}
	return set(fmt.Sprintf("%d/%d/%x/%s", version, len(points), sum.Sum(nil)[:8], doc))
}

// parse takes a set's name apart.
func (s set) parse() (doc corpus.DocumentID, version, points int, err error) {
	parts := strings.SplitN(string(s), "/", 4)
	if len(parts) == 4 {
		version, err = strconv.Atoi(parts[0])
		if err == nil {
			points, err = strconv.Atoi(parts[1])
		}
		if err == nil {
			return corpus.DocumentID(parts[3]), version, points, nil
		}
	}
	return "", 0, 0, fmt.Errorf("the collection holds points of a set called %q, which policykb did not write", string(s))
}

// digest adds all that a point holds to a sum.
func digest(sum hash.Hash, p *retrieval.Point) {
	b := make([]byte, 0, 256+8*len(p.Sparse)+4*len(p.Dense))
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	text(string(p.Passage))
	b = binary.AppendUvarint(b, uint64(p.Ordinal))
	b = binary.AppendUvarint(b, uint64(len(p.Sparse)))
	for _, w := range p.Sparse {
		b = binary.LittleEndian.AppendUint32(b, uint32(w.Term))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(w.Weight))
	}
	b = binary.AppendUvarint(b, uint64(len(p.Dense)))
	for _, x := range p.Dense {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	f := &p.Facts
	for _, s := range []string{f.City, f.Province, f.District, f.Issuer, string(f.Kind), string(f.Status), f.Language, f.IssuedOn.String()} {
		text(s)
	}
	b = binary.AppendUvarint(b, uint64(len(f.Tags)))
	for _, tag := range f.Tags {
		text(tag)
	}
	sum.Write(b)
}

// pointID is the id of a set's i-th point: the UUID, version 5, of the set (which
// names the document, the version and what it holds) and the place.
func pointID(s set, i int) *api.PointId {
	return api.NewIDUUID(uuid.NewSHA1(space, fmt.Appendf(nil, "%d/%s", i, s)).String())
}

// journalPoint notes that a set is taking the place of what is held of its document,
// or is being written in parts. It has no vector, so no search finds it. The note
// is a point of its own and no mark on the points themselves, because the server
// moves a point that is changed while it rebuilds a segment, and a search that
// comes between finds it in neither place.
func journalPoint(doc corpus.DocumentID, s set) *api.PointStruct {
	return &api.PointStruct{
		Id:      api.NewIDUUID(uuid.NewSHA1(space, []byte("journal/"+doc)).String()),
		Vectors: api.NewVectorsMap(nil),
		Payload: map[string]*api.Value{fieldJournal: api.NewValueString(string(s))},
	}
}

// sliceOf deals documents into slices.
func sliceOf(doc corpus.DocumentID) int64 {
	h := fnv.New32a()
	h.Write([]byte(doc))
	sum := h.Sum32()
	return int64((sum ^ sum>>16) & (sliceCount - 1))
}

// pointOf is the i-th point of a set as the server keeps it.
func pointOf(s set, i int, p *retrieval.Point) *api.PointStruct {
	vectors := make(map[string]*api.Vector, 2)
	if len(p.Dense) > 0 {
		vectors[denseVector] = api.NewVectorDense(p.Dense)
	}
	if len(p.Sparse) > 0 {
		indices, values := sparse(p.Sparse)
		vectors[sparseVector] = api.NewVectorSparse(indices, values)
	}
	payload := map[string]*api.Value{
		fieldPassage:  api.NewValueString(string(p.Passage)),
		fieldDocument: api.NewValueString(string(p.Document)),
		fieldVersion:  api.NewValueInt(int64(p.Version)),
		fieldSet:      api.NewValueString(string(s)),
		fieldSlice:    api.NewValueInt(sliceOf(p.Document)),
	}
	if i == 0 {
		payload[fieldFirst] = api.NewValueBool(true)
	}
	f := &p.Facts
	for field, value := range map[string]string{
		fieldCity: f.City, fieldProvince: f.Province, fieldDistrict: f.District, fieldIssuer: f.Issuer,
		fieldKind: string(f.Kind), fieldStatus: string(f.Status), fieldLanguage: f.Language,
	} {
		if value != "" {
			payload[field] = api.NewValueString(value)
		}
	}
	if len(f.Tags) > 0 {
		tags := make([]*api.Value, len(f.Tags))
		for i, tag := range f.Tags {
			tags[i] = api.NewValueString(tag)
		}
		payload[fieldTags] = api.NewValueFromList(tags...)
	}
	if !f.IssuedOn.IsZero() {
		payload[fieldIssuedFirst] = api.NewValueInt(int64(f.IssuedOn.Ordinal()))
		payload[fieldIssuedLast] = api.NewValueInt(int64(f.IssuedOn.LastOrdinal()))
	}
	return &api.PointStruct{Id: pointID(s, i), Vectors: api.NewVectorsMap(vectors), Payload: payload}
}

// sparse splits a sparse vector into what the server calls indices and values.
// Entries of weight 0 say nothing and are left out.
func sparse(terms []retrieval.TermWeight) (indices []uint32, values []float32) {
	indices, values = make([]uint32, 0, len(terms)), make([]float32, 0, len(terms))
	for _, w := range terms {
		if w.Weight != 0 {
			indices, values = append(indices, uint32(w.Term)), append(values, w.Weight)
		}
	}
	return indices, values
}

// hitOf reads what a point's payload says of the passage.
func hitOf(payload map[string]*api.Value) retrieval.Hit {
	return retrieval.Hit{
		Passage:  corpus.PassageID(payload[fieldPassage].GetStringValue()),
		Document: corpus.DocumentID(payload[fieldDocument].GetStringValue()),
		Version:  int(payload[fieldVersion].GetIntegerValue()),
	}
}

// hitFields are the fields that hitOf reads.
var hitFields = api.NewWithPayloadInclude(fieldPassage, fieldDocument, fieldVersion)

// filterOf is a filter in the server's words, with the hidden sets left out; nil
// where everything is let through.
func filterOf(f *corpus.Filter, hidden []string) *api.Filter {
	var all []*api.Condition
	if len(f.City) > 0 {
		all = append(all, api.NewFilterAsCondition(&api.Filter{Should: []*api.Condition{
			api.NewMatchKeywords(fieldCity, f.City...),
			api.NewMatchKeywords(fieldProvince, f.City...),
		}}))
	}
	add := func(field string, values []string) {
		if len(values) > 0 {
			all = append(all, api.NewMatchKeywords(field, values...))
		}
	}
	add(fieldDistrict, f.District)
	add(fieldIssuer, f.Issuer)
	add(fieldKind, texts(f.Kind))
	add(fieldStatus, texts(f.Status))
	add(fieldLanguage, f.Language)
	add(fieldTags, f.Tags)
	add(fieldDocument, texts(f.DocumentID))
	if !f.IssuedFrom.IsZero() || !f.IssuedTo.IsZero() {
		last := &api.Range{Gte: api.PtrOf(float64(f.IssuedFrom.Ordinal()))}
		all = append(all, api.NewRange(fieldIssuedLast, last))
		if !f.IssuedTo.IsZero() {
			all = append(all, api.NewRange(fieldIssuedFirst, &api.Range{Lte: api.PtrOf(float64(f.IssuedTo.LastOrdinal()))}))
		}
	}
	filter := &api.Filter{Must: all}
	if len(hidden) > 0 {
		filter.MustNot = []*api.Condition{api.NewMatchKeywords(fieldSet, hidden...)}
	}
	if len(filter.Must)+len(filter.MustNot) == 0 {
		return nil
	}
	return filter
}

func texts[S ~string](values []S) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

// ofDocument lets the points of one document through.
func ofDocument(doc corpus.DocumentID) *api.Filter {
	return &api.Filter{Must: []*api.Condition{api.NewMatchKeyword(fieldDocument, string(doc))}}
}

// ofSet lets the points of one set through.
func ofSet(s set) *api.Filter {
	return &api.Filter{Must: []*api.Condition{api.NewMatchKeyword(fieldSet, string(s))}}
}

// ofJournal lets the journal point of a set through.
func ofJournal(s set) *api.Filter {
	return &api.Filter{Must: []*api.Condition{api.NewMatchKeyword(fieldJournal, string(s))}}
}

// othersOf lets the points of a document through that are of any other set.
func othersOf(doc corpus.DocumentID, s set) *api.Filter {
	f := ofDocument(doc)
	f.MustNot = ofSet(s).Must
	return f
}
