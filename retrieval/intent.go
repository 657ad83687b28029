package retrieval

import (
	"regexp"
)

// intentRules tell what a question wants; the first that matches decides.
var intentRules = []struct {
	intent  Intent
	pattern *regexp.Regexp
}{
	{IntentCompare, regexp.MustCompile(`比较|对比|相比|相差|差(多少|几|多大)|差距|(高|多|低|少|贵|早|晚|大|小)出?(多少|几)|谁更|谁的.{0,12}更|哪[个座家].{0,8}更|更(高|低|多|少|大|小|便宜|贵|早|晚|长|短)|有(何|什么|啥)(不同|区别|差异)|的(区别|差异|不同)|是否(一致|相同|一样)|(相同|一致|一样)吗|各是|各有|各为|各自|分别(是|为|有|达)?多少|谁(最)?(高|低|多|少|早|晚|先)|哪(个|部|座|家|份)(更)?(先|早|晚)|compare|versus|\bvs\b|difference between|differ\b|which (city|province|one|plan|of the two).{0,40}(higher|lower|more|less|earlier|later)|(higher|lower|larger|smaller|older|newer) .{0,60} (than|or)\b|which [^,?]{1,40}\b(more|fewer|less|bigger|longer|shorter)\b[^?]{1,60}\bor\b|(higher|lower|larger|smaller|older|newer|earlier|later),`)},
	{IntentWhy, regexp.MustCompile(`(^|[^称名叫作])为什么|为何|为啥|原因(是|何在|有)|怎么会|凭什么|\bwhy\b|reason (for|why)`)},
	{IntentDefinition, regexp.MustCompile(`^什么(是|叫)|何谓|何为|什么意思|(定义|含义|界定|内涵|意思)|指(的是)?(什么|啥|哪)|所称|怎么(理解|解释)|衡量的是什么|^what is (a |an )?[^?]{2,40}\?*$|^what is the [^?]{2,40}\?*$|\bmean(s|ing)?\b|\bdefin(e|es|ed|ition)\b`)},
	{IntentWhen, regexp.MustCompile(`哪(一)?(天|年|月|日)|什么时候|何时|几月几日|几月几号|(施行|生效|实施|发布|成立|通过|印发|公布)(日期|时间)|日期(是|？|\?|$)|截止(日期|时间|到)|when\b|(what|which) (year|date|day)|by what year`)},
	{IntentWho, regexp.MustCompile(`谁|哪位|哪(一)?(家|个)?(单位|部门|机构|公司|企业)(负责|牵头|发|主管|承担|运营)|\bwho(m|se)?\b`)},
	{IntentList, regexp.MustCompile(`哪(些|几|两|三|四|五|六|七|八|九|十|\d)|列(举|出)|包括(什么|哪)|有什么|都有(谁|啥|什么)|分别是(什么|哪|谁)|清单|名单|which (two|three|four|five|six|seven|eight|nine|ten|\d+)\b|what are|name (at least )?(one|two|three|four|five|six|\d)|\blist\b`)},
	{IntentHowTo, regexp.MustCompile(`(怎么|怎样|如何)(申|办|领|拿|取|兑|报|注册|登记|备案|才能|操作|去)|流程|步骤|手续|how (do|can|to|does one)\b`)},
	{IntentYesNo, regexp.MustCompile(`吗[？?]?$|是否|能不能|可不可以|有没有|会不会|是不是|能否|可否|^(is|are|does|do|did|can|has|have|was|were|may|must)\b`)},
}

// intentOf tells what a folded question wants.
func intentOf(question string) Intent {
	for _, rule := range intentRules {
		if rule.pattern.MatchString(question) {
			return rule.intent
		}
	}
	return IntentFact
}

// opinionPattern matches questions for what somebody thinks.
var opinionPattern = regexp.MustCompile(`(怎么|如何|怎样)(看|评价|理解|形容)|(看法|观点|评价|态度)(是|如何|怎样)|what do(es)? .{2,40} think`)
