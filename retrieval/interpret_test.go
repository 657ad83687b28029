package retrieval

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"policykb/corpus"
)

func TestInterpret(t *testing.T) {
	t.Parallel()
	in := interpreter{thesaurus: builtinThesaurus(), places: corpus.Places()}
	today := corpus.Date{Year: 2026, Month: 11, Day: 24}
	tests := []struct {
		question string
		want     Interpretation // the fields set are compared
		wants    string
		subjects string
	}{
		{"成都每年发放的算力券总额上限是多少？", Interpretation{Intent: IntentFact, Cities: []string{"成都"}}, "money", ""},
		{"成都算力券政策的有效期到哪一天为止？", Interpretation{Intent: IntentWhen, Cities: []string{"成都"}}, "date", ""},
		{"青岛市级和崂山区对首次认定高企的奖励差多少？", Interpretation{Intent: IntentCompare, Cities: []string{"青岛"}, Districts: []string{"崂山区"}}, "money",
			"青岛市=青岛市级对首次认定高企的奖励差多少？ 崂山区=崂山区对首次认定高企的奖励差多少？"},
		{"Which regulation has more articles, the Shanghai one or the Shenzhen one?", Interpretation{Language: "en", Intent: IntentCompare, Cities: []string{"上海", "深圳"}}, "", ""},
		{"蓉城的算力券比例和封顶？", Interpretation{Intent: IntentFact, Cities: []string{"成都"}}, "percent money", ""},
		{"供电公司最晚多少个工作日要接电？", Interpretation{Intent: IntentFact}, "duration", ""},
		{"会议有多少企业参会，签了多少项目？", Interpretation{Intent: IntentFact}, "count count", ""},
		{"《上海市数据条例》从哪天起施行？", Interpretation{Intent: IntentWhen, Cities: []string{"上海"}, Titles: []string{"上海市数据条例"}}, "date", ""},
		{"“隐式标识”是什么意思？", Interpretation{Intent: IntentDefinition}, "", ""},
		{"算法推荐规定列举了哪几类算法技术？", Interpretation{Intent: IntentList}, "", ""},
		{"为什么前两次热潮没有持续下去？", Interpretation{Intent: IntentWhy}, "", ""},
		{"成都和武汉的算力补助，封顶各是多少？", Interpretation{Intent: IntentCompare, Cities: []string{"成都", "武汉"}}, "limit",
			"成都=成都的算力补助，封顶各是多少？ 武汉=武汉的算力补助，封顶各是多少？"},
		{"萧山区和滨江区谁的算力补助上限更高？", Interpretation{Intent: IntentCompare, Districts: []string{"萧山区", "滨江区"}}, "limit",
			"萧山区=萧山区谁的算力补助上限更高？ 滨江区=滨江区谁的算力补助上限更高？"},
		{"比较通用大模型与垂直大模型的算力补助上限。", Interpretation{Intent: IntentCompare}, "limit", ""},
		{"2024年版上海营商环境条例里，差评多久内要核实？", Interpretation{Cities: []string{"上海"}, Editions: []int{2024}, Years: []int{2024}}, "duration", ""},
		{"北京到2027年要新增多少智能算力？", Interpretation{Cities: []string{"北京"}, Years: []int{2027}}, "compute", ""},
		{"去年北京发布了什么政策？", Interpretation{Cities: []string{"北京"}, Years: []int{2025}}, "", ""},
		{"江苏哪个城市有加速通道？", Interpretation{Within: []string{"江苏"}}, "place", ""},
		{"据青岛日报报道，成都的上限是多少？", Interpretation{Cities: []string{"成都"}}, "limit", ""},
		{"只看武汉：算力补助的比例是多少？", Interpretation{Cities: []string{"武汉"}, Only: true}, "percent", ""},
		{"经办人电话是多少？", Interpretation{}, "phone", ""},
		{"What is the Hangzhou City Brain?", Interpretation{Language: "en", Intent: IntentDefinition, Cities: []string{"杭州"}}, "", ""},
		{"How many articles does the Shanghai AI regulation have?", Interpretation{Language: "en", Cities: []string{"上海"}}, "count", ""},
		{"京政办发〔2023〕15号说了什么？", Interpretation{Numbers: []string{"京政办发〔2023〕15号"}}, "", ""},
		{"第五条第二款规定了什么？", Interpretation{Clauses: []Clause{{Text: "第五条第二款", Article: 5, Paragraph: 2}}}, "", ""},
	}
	for _, test := range tests {
		t.Run(test.question, func(t *testing.T) {
			t.Parallel()
			got := in.interpret(test.question, nil, today)
			w := test.want
			check := func(name string, got, want any) {
				if fmt.Sprint(want) != "[]" && fmt.Sprint(want) != "" && fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s is %v, want %v", name, got, want)
				}
			}
			check("intent", got.Intent, w.Intent)
			check("language", got.Language, w.Language)
			check("cities", got.Cities, w.Cities)
			check("districts", got.Districts, w.Districts)
			check("within", got.Within, w.Within)
			check("years", got.Years, w.Years)
			check("editions", got.Editions, w.Editions)
			check("titles", got.Titles, w.Titles)
			check("numbers", got.Numbers, w.Numbers)
			check("clauses", got.Clauses, w.Clauses)
			if w.Only != got.Only {
				t.Errorf("only is %v", got.Only)
			}
			var wants []string
			for _, want := range got.Wants {
				wants = append(wants, string(want.Sort))
			}
			slices.Sort(wants)
			expected := strings.Fields(test.wants)
			slices.Sort(expected)
			if !slices.Equal(wants, expected) {
				t.Errorf("wants %v, want %v", wants, expected)
			}
			if test.subjects != "" {
				var subjects []string
				for _, s := range got.Subjects {
					subjects = append(subjects, s.Name+"="+s.Within)
				}
				check("subjects", strings.Join(subjects, " "), test.subjects)
			}
		})
	}
}

func TestFollowUps(t *testing.T) {
	t.Parallel()
	in := interpreter{thesaurus: builtinThesaurus(), places: corpus.Places()}
	user := func(text string) []Turn { return []Turn{{"user", text}, {"assistant", "……[1]。"}} }
	tests := []struct {
		history []Turn
		asked   string
		want    string
	}{
		{user("成都的算力券每年最高多少？"), "那上海呢？", "上海的算力券每年最高多少？"},
		{append(user("成都的算力券每年最高多少？"), user("那上海呢？")...), "北京呢", "北京的算力券每年最高多少？"},
		{user("2020年版北京营商环境条例怎么规定接电时限？"), "那2024年版呢？", "2024年版北京营商环境条例怎么规定接电时限？"},
		{user("成都的算力券支持哪些单位？"), "它的上限是多少？", "成都算力券它的上限是多少？"},
		{user("What is the cap of the compute voucher in Chengdu?"), "What about Wuhan?", "What is the cap of the compute voucher in Wuhan?"},
		{user("成都的算力券每年最高多少？"), "北京到2027年要新增多少智能算力？", "北京到2027年要新增多少智能算力？"},
		{nil, "那上海呢？", "那上海呢？"},
	}
	for _, test := range tests {
		if got := in.whole(test.asked, test.history); got != test.want {
			t.Errorf("%q became %q, want %q", test.asked, got, test.want)
		}
	}
}

// The places of a question are told as it names them.
func TestPlacesOfAQuestion(t *testing.T) {
	in := interpreter{thesaurus: builtinThesaurus(), places: corpus.Places()}
	for question, want := range map[string]string{
		"帝都和蓉城的算力券有何不同？":                              "北京=帝都 成都=蓉城",
		"How large are Chengdu’s computing vouchers?": "成都=Chengdu",
		"杭州市萧山区的补贴是多少？":                               "杭州=杭州市 萧山区=萧山区",
		"算力券有哪些申领条件？":                                 "",
	} {
		var got []string
		for _, m := range in.interpret(question, nil, corpus.Date{Year: 2026, Month: 1, Day: 1}).Places {
			got = append(got, m.Place.Name+"="+m.Text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q names %v, want %s", question, got, want)
		}
	}
}

func FuzzInterpret(f *testing.F) {
	in := interpreter{thesaurus: builtinThesaurus(), places: corpus.Places()}
	for _, q := range []string{"成都和武汉的算力补助，封顶各是多少？", "2020版和2024版《条例》有何不同", "Which city: A (45%) or B?", "“", "《》、和与", "第五条"} {
		f.Add(q, "那上海呢？")
	}
	f.Fuzz(func(t *testing.T, question, before string) {
		q := in.interpret(question, []Turn{{"user", before}}, corpus.Date{Year: 2026, Month: 1, Day: 1})
		for _, s := range q.Subjects {
			if strings.TrimSpace(s.Name) == "" {
				t.Errorf("%q has a side without a name: %+v", question, q.Subjects)
			}
		}
		for _, c := range q.Concepts {
			if c.Text == "" || c.Weight <= 0 {
				t.Errorf("%q has the concept %+v", question, c)
			}
		}
	})
}
