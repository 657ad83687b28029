package corpus

import (
	"strings"
	"testing"
)

// describePlace writes a mention as a row of the tables below: its text, and
// what it means.
func describePlace(m Mention) string {
	s := m.Text + "=" + m.Place.Name
	if m.Place.Level == LevelDistrict {
		s += "/" + m.Place.Parent
	}
	return s
}

func TestFindPlaces(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		want string // mentions joined by spaces
	}{
		{"成都每年发放的算力券总额上限是多少？", "成都=成都"},
		{"深圳经济特区人工智能产业促进条例", "深圳=深圳"},
		{"浙江省人民政府办公厅", "浙江省=浙江"},
		{"深圳經濟特區、臺灣、廣東省", "深圳=深圳 臺灣=台湾 廣東省=广东"},
		{"杭州市萧山区、余杭与滨江区", "杭州市=杭州 萧山区=萧山区/杭州 余杭=余杭区/杭州 滨江区=滨江区/杭州"},
		{"苏州的昆山，金华的义乌", "苏州=苏州 昆山=昆山市/苏州 金华=金华 义乌=义乌市/金华"},
		// By-names.
		{"帝都和魔都哪个补贴多？", "帝都=北京 魔都=上海"},
		{"鹏城、羊城、蓉城、山城、泉城、岛城", "鹏城=深圳 羊城=广州 蓉城=成都 山城=重庆 泉城=济南 岛城=青岛"},
		{"江城的光谷，春城，榕城，鹭岛，冰城，星城，甬城", "江城=武汉 光谷=武汉 春城=昆明 榕城=福州 鹭岛=厦门 冰城=哈尔滨 星城=长沙 甬城=宁波"},
		{"中关村、横琴、浦东、番禺", "中关村=北京 横琴=珠海 浦东=浦东新区/上海 番禺=番禺区/广州"},
		{"首都的企业，韩国首都首尔", "首都=北京"},
		// Regions.
		{"东北哪座城市最早？长三角、京津冀与粤港澳大湾区呢", "东北=东北 长三角=长三角 京津冀=京津冀 粤港澳大湾区=粤港澳大湾区"},
		{"位于城市东北部", ""},
		// Names inside other words.
		{"北京路、南京东路、重庆北路二段与上海街", ""},
		{"北京路演在北京举行", "北京=北京 北京=北京"},
		{"扩大连接规模，重大连锁反应", ""},
		{"黄河南岸、太湖北岸、出海口", ""},
		{"南山区域协调，合作市场", ""},
		{"阿里云、朝阳产业、宁德时代、白银价格", ""},
		{"朝阳市、白银市、宁德", "朝阳市=朝阳 白银市=白银 宁德=宁德"},
		{"大理石与大理州", "大理=大理"},
		// Names that several places share.
		{"朝阳区发布措施", "朝阳区=朝阳区/"},
		{"北京市朝阳区发布措施", "北京市=北京 朝阳区=朝阳区/北京"},
		{"吉林省长春市朝阳区", "吉林省=吉林 长春市=长春 朝阳区=朝阳区/长春"},
		{"南昌与杭州。西湖区在后者", "南昌=南昌 杭州=杭州 西湖区=西湖区/杭州"},
		{"天津市和平区与沈阳市和平区", "天津市=天津 和平区=和平区/天津 沈阳市=沈阳 和平区=和平区/沈阳"},
		{"鹿城区工业经济高质量发展", "鹿城区=鹿城区/温州"},
		{"鹿城的冬天", ""},
		{"内蒙古包头，鹿城的冬天", "内蒙古=内蒙古 包头=包头 鹿城=包头"},
		{"西安市新城区与一座新城区", "西安市=西安 新城区=新城区/西安 新城区=新城区/西安"},
		{"建设一座新城区", ""},
		{"杭州滨江、北京朝阳与深圳南山，滨江步道", "杭州=杭州 滨江=滨江区/杭州 北京=北京 朝阳=朝阳区/北京 深圳=深圳 南山=南山区/深圳"},
		{"北京朝阳路，杭州滨江区，青岛市北部", "北京=北京 杭州=杭州 滨江区=滨江区/杭州 青岛市=青岛"},
		{"鹿城的北京市朝阳区与长春市朝阳区", "北京市=北京 朝阳区=朝阳区/北京 长春市=长春 朝阳区=朝阳区/长春"},
		// Latin names.
		{"Hangzhou's City Brain and BEIJING-based firms in Hong Kong", "Hangzhou=杭州 BEIJING=北京 Hong Kong=香港"},
		{"Xi'an, Xi’an, Urumqi, Macau, Inner Mongolia", "Xi'an=西安 Xi’an=西安 Urumqi=乌鲁木齐 Macau=澳门 Inner Mongolia=内蒙古"},
		{"Suzhou and Shaanxi, not Shanxiao or wuxing", "Suzhou=苏州 Shaanxi=陕西"},
		{"https://www.hangzhou.gov.cn/beijing x@shanghai.cn", ""},
		{"Taizhou in Zhejiang; Taizhou alone", "Taizhou=台州 Zhejiang=浙江 Taizhou=台州"},
		{"Taizhou", ""},
		{"start-ups in Pudong and Kunshan", "Pudong=浦东新区/上海 Kunshan=昆山市/苏州"},
	} {
		t.Run(tc.in, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, m := range Places().Find(tc.in) {
				got = append(got, describePlace(m))
				if m.Span.Of(tc.in) != m.Text {
					t.Errorf("Span %v of %q is %q, Text %q", m.Span, tc.in, m.Span.Of(tc.in), m.Text)
				}
			}
			if g := strings.Join(got, " "); g != tc.want {
				t.Errorf("Find(%q)\n got %s\nwant %s", tc.in, g, tc.want)
			}
		})
	}
}

func TestLookupPlace(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"成都": "成都", "成都市": "成都", "蓉城": "成都", "Chengdu": "成都", "chengdu ": "成都",
		"廣東": "广东", "萧山": "萧山区", "大湾区": "粤港澳大湾区", "HONG KONG": "香港",
		"朝阳区": "", "鹿城": "", "首尔": "", "": "",
	} {
		p, ok := Places().Lookup(in)
		if ok != (want != "") || ok && p.Name != want {
			t.Errorf("Lookup(%q) = %+v, %v; want %q", in, p, ok, want)
		}
	}
}

func TestIssuerPlace(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"京政办发": "北京", "郑政文": "郑州", "豫政": "河南", "穗人社规字": "广州", "苏府规字": "苏州", "苏政发": "江苏",
		"国发": "", "工信部联通信": "", "宁政发": "", "": "",
	} {
		p, ok := Places().Issuer(in)
		if ok != (want != "") || ok && p.Name != want {
			t.Errorf("Issuer(%q) = %+v, %v; want %q", in, p, ok, want)
		}
	}
}

func TestGazetteer(t *testing.T) {
	t.Parallel()
	levels := map[Level]int{}
	known := map[string]bool{}
	for _, p := range Places().All() {
		levels[p.Level]++
		if p.Level != LevelDistrict {
			if known[p.Name] {
				t.Errorf("two places are called %s", p.Name)
			}
			known[p.Name] = true
		}
	}
	// 34 divisions of the first rank: 28 provinces and regions, 4 municipalities
	// and Hong Kong and Macau, which count as cities.
	if levels[LevelProvince] != 28 || levels[LevelCity] < 333+6 || levels[LevelDistrict] < 2700 {
		t.Errorf("places by level: %v", levels)
	}
	for _, p := range Places().All() {
		for _, member := range p.Members {
			if !known[member] {
				t.Errorf("%s has the unknown member %s", p.Name, member)
			}
		}
		if p.Parent != "" && !known[p.Parent] {
			t.Errorf("%s lies in the unknown %s", p.Name, p.Parent)
		}
		if p.Level != LevelRegion && !known[p.Province] {
			t.Errorf("%s lies in the unknown province %s", p.Name, p.Province)
		}
	}
	zhejiang, _ := Places().Lookup("浙江")
	if got := strings.Join(zhejiang.Members, " "); got != "杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水" {
		t.Errorf("cities of 浙江: %s", got)
	}
	if hangzhou, _ := Places().Lookup("杭州"); hangzhou.Province != "浙江" || hangzhou.Latin != "hangzhou" || hangzhou.City() != "杭州" {
		t.Errorf("杭州 = %+v", hangzhou)
	}
	if xiaoshan, _ := Places().Lookup("萧山区"); xiaoshan.City() != "杭州" || xiaoshan.Province != "浙江" {
		t.Errorf("萧山区 = %+v", xiaoshan)
	}
}

func TestParseGazetteerRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, data, want string }{
		{"kind", "# head\nvillage\t王庄\n", `gazetteer, line 2: unknown kind of row "village"`},
		{"city", "districts\t王城\t东城区\n", "gazetteer, line 1: districts of an unknown city"},
		{"name", "except\t王庄\t~子\n", `gazetteer, line 1: exceptions of an unknown name "王庄"`},
		{"either", "either\t王城\t东王\n", `gazetteer, line 1: "王城" may mean the unknown place "东王"`},
	} {
		if _, err := ParseGazetteer(tc.data); err == nil || err.Error() != tc.want {
			t.Errorf("%s: error %v, want %s", tc.name, err, tc.want)
		}
	}
}

func FuzzFindPlaces(f *testing.F) {
	for _, s := range []string{"北京市朝阳区", "南京东路", "Xi'an’s", "鹿城", "黄河南岸", "\xff北京"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, m := range Places().Find(s) {
			if m.Span.Start < last || m.Span.Len() <= 0 || m.Text != m.Span.Of(s) || m.Place == nil {
				t.Fatalf("Find(%q): %+v after %d", s, m, last)
			}
			last = m.Span.End
		}
	})
}

func BenchmarkFindPlaces(b *testing.B) {
	g := Places()
	b.SetBytes(int64(len(policyProse)))
	b.ReportAllocs()
	for b.Loop() {
		g.Find(policyProse)
	}
}

func BenchmarkParseGazetteer(b *testing.B) {
	for b.Loop() {
		if _, err := ParseGazetteer(gazetteerData); err != nil {
			b.Fatal(err)
		}
	}
}
