package api_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	filters "github.com/openai/openai-go/v3/shared"
	"github.com/tmc/langchaingo/llms"
	langchain "github.com/tmc/langchaingo/llms/openai"

	"policykb/api"
)

// openAI is the official client, pointed at the house.
func (h *house) openAI() openai.Client {
	return openai.NewClient(option.WithBaseURL(h.url+"/v1"), option.WithAPIKey("none"), option.WithHTTPClient(h.client), option.WithMaxRetries(0))
}

// chat puts one question.
func chat(question string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: "policykb", Messages: []openai.ChatCompletionMessageParamUnion{
		openai.SystemMessage("You are a helpful assistant."), openai.UserMessage(question),
	}}
}

func TestOpenAIClientChats(t *testing.T) {
	t.Parallel()
	client := furnished(t).openAI()
	for _, test := range asked {
		t.Run(test.question, func(t *testing.T) {
			t.Parallel()
			got, err := client.Chat.Completions.New(t.Context(), chat(test.question))
			if err != nil {
				t.Fatal(err)
			}
			message := got.Choices[0].Message
			if !strings.Contains(message.Content, test.answer) || got.Model != "policykb" || got.Choices[0].FinishReason != "stop" {
				t.Errorf("got %s", got.RawJSON())
			}
			content := []rune(message.Content)
			if len(message.Annotations) == 0 {
				t.Error("no annotations")
			}
			for _, a := range message.Annotations {
				mark := string(content[a.URLCitation.StartIndex:a.URLCitation.EndIndex])
				if !strings.HasPrefix(mark, "[") || !strings.HasPrefix(a.URLCitation.URL, "http://127.0.0.1") || a.URLCitation.Title == "" {
					t.Errorf("the annotation %s marks %q", a.RawJSON(), mark)
				}
			}
			var whole api.Answer
			unmarshal(t, got.JSON.ExtraFields["policykb"].Raw(), &whole)
			if whole.Answer != message.Content || len(whole.Citations) == 0 {
				t.Errorf("policykb holds %+v", whole)
			}
			if got.Usage.CompletionTokens != int64(len(content)) || got.Usage.TotalTokens != got.Usage.PromptTokens+got.Usage.CompletionTokens {
				t.Errorf("got the usage %s", got.Usage.RawJSON())
			}
		})
	}
}

// The chunks of a stream add up to the completion, refusals included.
func TestOpenAIClientStreams(t *testing.T) {
	t.Parallel()
	client := furnished(t).openAI()
	for _, question := range []string{asked[0].question, "What is the yearly cap of Chengdu's compute vouchers? And of Zhengzhou's?", "贝多芬第九交响曲首演于哪一年？"} {
		t.Run(question, func(t *testing.T) {
			t.Parallel()
			whole, err := client.Chat.Completions.New(t.Context(), chat(question))
			if err != nil {
				t.Fatal(err)
			}
			parameters := chat(question)
			parameters.StreamOptions.IncludeUsage = openai.Bool(true)
			stream := client.Chat.Completions.NewStreaming(t.Context(), parameters)
			defer stream.Close()
			sum, annotations, answered := openai.ChatCompletionAccumulator{}, "", false
			for stream.Next() {
				chunk := stream.Current()
				if !sum.AddChunk(chunk) {
					t.Errorf("the chunk %s does not fit those before", chunk.RawJSON())
				}
				if len(chunk.Choices) > 0 {
					annotations += chunk.Choices[0].Delta.JSON.ExtraFields["annotations"].Raw()
				}
				answered = answered || chunk.JSON.ExtraFields["policykb"].Raw() != ""
			}
			if err := stream.Err(); err != nil {
				t.Fatal(err)
			}
			if got, want := sum.Choices[0].Message.Content, whole.Choices[0].Message.Content; got != want {
				t.Errorf("the stream says %q, the completion %q", got, want)
			}
			if strings.Count(annotations, "url_citation\":{") != len(whole.Choices[0].Message.Annotations) || !answered {
				t.Errorf("the stream's annotations are %s, answered %v", annotations, answered)
			}
			if sum.Usage.TotalTokens != whole.Usage.TotalTokens || sum.Choices[0].FinishReason != "stop" {
				t.Errorf("the stream ends with %+v", sum.Usage)
			}
		})
	}
}

func TestChatStreamEndsAsOpenAIs(t *testing.T) {
	t.Parallel()
	body := `{"model": "policykb", "stream": true, "temperature": 0.2, "messages": [{"role": "user", "content": [{"type": "text", "text": "成都每年发放的算力券总额上限是多少？"}]}]}`
	response := furnished(t).send(t, "POST", "/v1/chat/completions", body)
	if got := text(t, response, http.StatusOK); !strings.HasSuffix(got, "\n\ndata: [DONE]\n\n") || strings.Contains(got, "event:") {
		t.Errorf("got %s", got)
	}
}

// The messages before the last one are the conversation that it goes on with.
func TestChatRemembers(t *testing.T) {
	t.Parallel()
	client := furnished(t).openAI()
	parameters := chat(asked[0].question)
	parameters.Messages = append(parameters.Messages,
		openai.AssistantMessage("成都每年发放的算力券总额不超过1000万元[1]。"), openai.UserMessage("那郑州呢？"))
	got, err := client.Chat.Completions.New(t.Context(), parameters)
	if err != nil {
		t.Fatal(err)
	}
	if content := got.Choices[0].Message.Content; !strings.Contains(content, "郑州") && !strings.Contains(got.JSON.ExtraFields["policykb"].Raw(), "郑州") {
		t.Errorf("got %s", content)
	}
}

func TestOpenAIClientUnderstandsErrors(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	client := h.openAI()
	wrongModel, empty, several := chat("算力券？"), chat(" "), chat("算力券？")
	wrongModel.Model = "gpt-4o"
	several.N = openai.Int(3)
	for name, test := range map[string]struct {
		parameters openai.ChatCompletionNewParams
		status     int
		param      string
	}{
		"wrong model":     {wrongModel, 404, ""},
		"empty question":  {empty, 400, ""},
		"several answers": {several, 400, "n"},
		"no user":         {openai.ChatCompletionNewParams{Model: "policykb", Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage("hello")}}, 400, "messages"},
	} {
		_, err := client.Chat.Completions.New(t.Context(), test.parameters)
		var said *openai.Error
		if !errors.As(err, &said) || said.StatusCode != test.status || said.Message == "" || said.Type != "invalid_request_error" || said.Param != test.param {
			t.Errorf("%s: got %v", name, err)
		}
	}
	stream := client.Chat.Completions.NewStreaming(t.Context(), empty)
	if stream.Next() || stream.Err() == nil {
		t.Errorf("an empty question streams %+v", stream.Current())
	}
}

func TestOpenAIClientListsModels(t *testing.T) {
	t.Parallel()
	client := furnished(t).openAI()
	models, err := client.Models.List(t.Context())
	if err != nil || len(models.Data) != 1 || models.Data[0].ID != "policykb" {
		t.Fatalf("got %+v, %v", models, err)
	}
	if _, err := client.Models.Get(t.Context(), "policykb"); err != nil {
		t.Error(err)
	}
	if _, err := client.Models.Get(t.Context(), "gpt-4o"); err == nil {
		t.Error("a model that is not here was described")
	}
}

func TestOpenAIClientSearchesVectorStores(t *testing.T) {
	t.Parallel()
	client := furnished(t).openAI()
	search := func(t *testing.T, by openai.VectorStoreSearchParamsFiltersUnion) []openai.VectorStoreSearchResponse {
		page, err := client.VectorStores.Search(t.Context(), "policies", openai.VectorStoreSearchParams{
			Query: openai.VectorStoreSearchParamsQueryUnion{OfString: openai.String("算力券 补贴")}, Filters: by,
			MaxNumResults: openai.Int(5), RewriteQuery: openai.Bool(true),
		})
		if err != nil {
			t.Fatal(err)
		}
		return page.Data
	}
	all := search(t, openai.VectorStoreSearchParamsFiltersUnion{})
	if len(all) != 5 {
		t.Fatalf("got %d of 5", len(all))
	}
	for _, hit := range all {
		if hit.FileID == "" || hit.Filename == "" || hit.Content[0].Text == "" || !strings.HasPrefix(hit.Attributes["url"].OfString, "http://") {
			t.Errorf("got %s", hit.RawJSON())
		}
	}
	threshold := (all[0].Score + all[4].Score) / 2
	page, err := client.VectorStores.Search(t.Context(), "policies", openai.VectorStoreSearchParams{
		Query:          openai.VectorStoreSearchParamsQueryUnion{OfString: openai.String("算力券 补贴")},
		RankingOptions: openai.VectorStoreSearchParamsRankingOptions{ScoreThreshold: openai.Float(threshold)}, MaxNumResults: openai.Int(5),
	})
	if err != nil || len(page.Data) == 0 || len(page.Data) == len(all) {
		t.Fatalf("above a score of %.3f: %d hits, %v", threshold, len(page.Data), err)
	}
	for _, hit := range page.Data {
		if hit.Score < threshold {
			t.Errorf("a hit scores %.3f, below %.3f", hit.Score, threshold)
		}
	}
	compare := func(kind, key string, value filters.ComparisonFilterValueUnionParam) filters.ComparisonFilterParam {
		return filters.ComparisonFilterParam{Type: filters.ComparisonFilterType(kind), Key: key, Value: value}
	}
	words := func(s string) filters.ComparisonFilterValueUnionParam {
		return filters.ComparisonFilterValueUnionParam{OfString: openai.String(s)}
	}
	zhengzhou, chengdu, elsewhere := compare("eq", "city", words("郑州市")), compare("eq", "city", words("成都")), compare("ne", "city", words("郑州"))
	for name, test := range map[string]struct {
		by     openai.VectorStoreSearchParamsFiltersUnion
		cities []string // that hits may be of
	}{
		"one city": {openai.VectorStoreSearchParamsFiltersUnion{OfComparisonFilter: &zhengzhou}, []string{"郑州"}},
		"one of two": {openai.VectorStoreSearchParamsFiltersUnion{OfCompoundFilter: &filters.CompoundFilterParam{
			Type: "or", Filters: []filters.CompoundFilterFilterUnionParam{{OfComparison: &zhengzhou}, {OfComparison: &chengdu}},
		}}, []string{"郑州", "成都"}},
		"a contradiction": {openai.VectorStoreSearchParamsFiltersUnion{OfCompoundFilter: &filters.CompoundFilterParam{
			Type: "and", Filters: []filters.CompoundFilterFilterUnionParam{{OfComparison: &zhengzhou}, {OfComparison: &elsewhere}},
		}}, nil},
	} {
		hits := search(t, test.by)
		if (len(hits) == 0) != (test.cities == nil) {
			t.Errorf("%s: %d hits", name, len(hits))
		}
		for _, hit := range hits {
			if city := hit.Attributes["city"].OfString; !slices.Contains(test.cities, city) {
				t.Errorf("%s: a hit of %s", name, city)
			}
		}
	}
	unknown := compare("eq", "colour", words("red"))
	_, err = client.VectorStores.Search(t.Context(), "policies", openai.VectorStoreSearchParams{
		Query:   openai.VectorStoreSearchParamsQueryUnion{OfString: openai.String("算力券")},
		Filters: openai.VectorStoreSearchParamsFiltersUnion{OfComparisonFilter: &unknown},
	})
	var said *openai.Error
	if !errors.As(err, &said) || said.StatusCode != http.StatusBadRequest || said.Param != "colour" {
		t.Errorf("an unknown field: %v", err)
	}
}

// langchaingo's client sends settings of its own and reads the answer.
func TestLangchainClientChats(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	model, err := langchain.New(langchain.WithBaseURL(h.url+"/v1"), langchain.WithToken("none"), langchain.WithModel("policykb"), langchain.WithHTTPClient(h.client))
	if err != nil {
		t.Fatal(err)
	}
	got, err := llms.GenerateFromSinglePrompt(t.Context(), model, asked[0].question)
	if err != nil || !strings.Contains(got, asked[0].answer) {
		t.Errorf("got %q, %v", got, err)
	}
	streamed := ""
	if _, err = llms.GenerateFromSinglePrompt(t.Context(), model, asked[0].question, llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
		streamed += string(chunk)
		return nil
	})); err != nil || streamed != got {
		t.Errorf("streamed %q, %v; want %q", streamed, err, got)
	}
}

func TestDifyRetrieves(t *testing.T) {
	t.Parallel()
	h := furnished(t)
	type records = api.RetrievalResult
	for name, test := range map[string]struct {
		body   string
		cities []string // that records may be of; nil where there must be none
	}{
		"plain":               {`{"knowledge_id": "k", "query": "郑州的算力券每家企业每年最高多少？", "retrieval_setting": {"top_k": 1, "score_threshold": 0.1}}`, []string{"郑州"}},
		"threshold":           {`{"knowledge_id": "k", "query": "算力券", "retrieval_setting": {"top_k": 3, "score_threshold": 1}}`, nil},
		"name as a text":      {`{"query": "算力券", "metadata_condition": {"logical_operator": "and", "conditions": [{"name": "city", "comparison_operator": "is", "value": "郑州"}]}}`, []string{"郑州"}},
		"name as a list":      {`{"query": "算力券", "metadata_condition": {"conditions": [{"name": ["city", "title"], "comparison_operator": "contains", "value": "郑州"}]}}`, []string{"郑州"}},
		"or":                  {`{"query": "算力券", "metadata_condition": {"logical_operator": "or", "conditions": [{"name": ["city"], "comparison_operator": "is", "value": "郑州"}, {"name": "city", "comparison_operator": "is", "value": "成都"}]}}`, []string{"郑州", "成都"}},
		"and of two":          {`{"query": "算力券", "metadata_condition": {"logical_operator": "and", "conditions": [{"name": ["city"], "comparison_operator": "is", "value": "郑州"}, {"name": "city", "comparison_operator": "is", "value": "成都"}]}}`, nil},
		"a list of values":    {`{"query": "算力券", "metadata_condition": {"conditions": [{"name": "city", "comparison_operator": "in", "value": ["郑州", "成都"]}]}}`, []string{"郑州", "成都"}},
		"denial":              {`{"query": "郑州 算力券", "metadata_condition": {"conditions": [{"name": "city", "comparison_operator": "is", "value": "郑州"}, {"name": ["city"], "comparison_operator": "is not", "value": "郑州市"}]}}`, nil},
		"nothing that is not": {`{"query": "算力券", "metadata_condition": {"conditions": [{"name": "title", "comparison_operator": "empty"}]}}`, nil},
		"no conditions":       {`{"query": "郑州的算力券每家企业每年最高多少？", "retrieval_setting": {"top_k": 1}, "metadata_condition": {"logical_operator": "and", "conditions": []}}`, []string{"郑州"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := text(t, h.send(t, "POST", "/retrieval", test.body), http.StatusOK)
			var found records
			unmarshal(t, body, &found)
			if found.Records == nil || (len(found.Records) == 0) != (test.cities == nil) {
				t.Fatalf("got %s", body)
			}
			for _, r := range found.Records {
				if city, _ := r.Metadata["city"].(string); r.Metadata == nil || r.Title == "" || r.Content == "" || !slices.Contains(test.cities, city) {
					t.Errorf("got %+v", r)
				}
			}
		})
	}
	said := read[api.DifyError](t, h.send(t, "POST", "/retrieval", `{"query": "算力券", "metadata_condition": {"conditions": [{"name": "colour", "comparison_operator": "is", "value": "red"}]}}`), http.StatusBadRequest)
	if said.ErrorCode != http.StatusBadRequest || !strings.Contains(said.ErrorMsg, "colour") {
		t.Errorf("got %+v", said)
	}
}
